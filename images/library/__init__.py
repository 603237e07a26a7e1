"""What users do with their finished images: favourites, collections, selections and deletion with undo."""
