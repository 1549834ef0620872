"""The front door of the library: bills and prices, signals and impacts of a home."""
