"""The invented companies behind `kinfolk init`: their customers, and what each of their systems knows of them."""
