"""Events that programs send to `kinfolk serve`: a log on disk that the door writes and runs read."""
