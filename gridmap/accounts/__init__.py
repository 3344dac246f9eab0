"""People, posts, roles, departments: who signs in and what is theirs."""
