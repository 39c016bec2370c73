"""`python -m medqa`: the same program as the installed command `medqa`."""

if __name__ == "__main__":
    from medqa.cli import program

    program()
