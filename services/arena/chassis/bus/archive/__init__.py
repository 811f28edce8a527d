"""The archive of the log: months past retention leave the table for files or S3, and every reader goes on into them."""
