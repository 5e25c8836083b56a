"""What an author of the course runs: sources into notebooks, the list of known mistakes, recorded values."""
