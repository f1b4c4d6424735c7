"""Objects in S3 and in storage that speaks its protocol."""
