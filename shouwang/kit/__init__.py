"""What every service is made of; knows no household and no alert."""
