"""Jobs: whatever runs in the background, with its folder, process and end."""
