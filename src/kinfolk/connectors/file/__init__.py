"""Files: delimited text, JSON Lines, Parquet, Excel. One module per format; `connector` chooses."""
