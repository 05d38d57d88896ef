// Filled by its layer.
