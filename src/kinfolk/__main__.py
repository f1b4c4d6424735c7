"""`python -m kinfolk`."""

from kinfolk.interfaces.cli import main

if __name__ == "__main__":
    main()
