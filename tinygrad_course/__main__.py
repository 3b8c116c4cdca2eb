"""`python -m tinygrad_course` is the command `tinygrad-course`."""

from .course.cli import main

if __name__ == "__main__":
    main()
