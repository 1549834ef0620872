"""The portal: pages for people, rendered here, on the same operations as the API."""
