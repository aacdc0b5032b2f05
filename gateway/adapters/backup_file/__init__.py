"""Backup files on a disk or a stick: written aside and made durable, unpacked member by member. Their form is the contract's."""
