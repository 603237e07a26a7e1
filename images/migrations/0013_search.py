"""Full-text search that finds words inside markup, addresses and names with punctuation."""

from django.db import migrations

# PostgreSQL's text parser reads "<script>" as a tag and drops it, and reads "a.example/b" or "dark-blue" as one word.
# Punctuation is replaced by spaces before parsing, in prompts and in searches alike, so that only words remain.
# The word with the user's id begins with "#", which no other word contains: the search "5" matched every image of a user
# with an id such as 5f0c.
# The expression stands in both functions, because an index build resolves no function of ours inside another one.
PUNCTUATION = """!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~«»‘’‚“”„…–—"""
PLAIN_PROMPT, PLAIN_WORDS = (
    f"translate({name}, '{PUNCTUATION}', '{' ' * len(PUNCTUATION)}')" for name in ("prompt", "words")
)

# A search without any word is NULL, which matches no row. Before, it matched every image of the user.
SEARCH = f"""
DROP INDEX images_words;

CREATE OR REPLACE FUNCTION images_words(user_id uuid, prompt text) RETURNS tsvector
IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT to_tsvector('simple', {PLAIN_PROMPT})
        || array_to_tsvector(ARRAY['#' || coalesce(user_id::text, 'nobody')])
$$;

CREATE OR REPLACE FUNCTION images_search(user_id uuid, words text) RETURNS tsquery
IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT quote_literal('#' || user_id::text)::tsquery && regexp_replace(
        nullif(plainto_tsquery('simple', {PLAIN_WORDS})::text, ''), $re$'(?= & |$)$re$, $re$':*$re$, 'g'
    )::tsquery
$$;

CREATE INDEX images_words ON images_image USING gin (images_words(user_id, prompt)) WHERE deleted_at IS NULL;
"""

BEFORE = """
DROP INDEX images_words;

CREATE OR REPLACE FUNCTION images_words(user_id uuid, prompt text) RETURNS tsvector
IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT to_tsvector('simple', prompt) || array_to_tsvector(ARRAY[coalesce(user_id::text, 'nobody')])
$$;

CREATE OR REPLACE FUNCTION images_search(user_id uuid, words text) RETURNS tsquery
IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT quote_literal(user_id::text)::tsquery
        && regexp_replace(plainto_tsquery('simple', words)::text, $re$'(?= & |$)$re$, $re$':*$re$, 'g')::tsquery
$$;

CREATE INDEX images_words ON images_image USING gin (images_words(user_id, prompt)) WHERE deleted_at IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("images", "0012_attribution")]

    operations = [migrations.RunSQL(SEARCH, BEFORE)]
