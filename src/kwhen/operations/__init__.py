"""What the service does: from requests and stored records to answers, no HTTP in it."""
