"""Full-text index of prompts, which keeps the search fast for a user with very many images."""

from django.db import migrations

# The user's id is indexed as a word of the prompt: a search then reads only that user's part of the index, without the
# btree_gin extension, which a hosted PostgreSQL may not offer. Words match by prefix.
SEARCH = """
CREATE FUNCTION images_words(user_id uuid, prompt text) RETURNS tsvector IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT to_tsvector('simple', prompt) || array_to_tsvector(ARRAY[coalesce(user_id::text, 'nobody')])
$$;

CREATE FUNCTION images_search(user_id uuid, words text) RETURNS tsquery IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT quote_literal(user_id::text)::tsquery
        && regexp_replace(plainto_tsquery('simple', words)::text, $re$'(?= & |$)$re$, $re$':*$re$, 'g')::tsquery
$$;

CREATE INDEX images_words ON images_image USING gin (images_words(user_id, prompt)) WHERE deleted_at IS NULL;
"""

BEFORE = """
DROP INDEX images_words;
DROP FUNCTION images_search(uuid, text);
DROP FUNCTION images_words(uuid, text);
"""


class Migration(migrations.Migration):
    dependencies = [("images", "0005_exports")]

    operations = [migrations.RunSQL(SEARCH, BEFORE)]
