"""What a company's customers see: the page of their choices, and the banner for web sites."""
