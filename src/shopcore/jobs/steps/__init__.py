"""What several acts on jobs have in common."""
