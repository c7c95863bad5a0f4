"""The reporter's pages: a door, and the status page. No account, no cookie, no script, nothing from anywhere else."""
