"""The door for events, over HTTP: Segment's tracking API, which RudderStack's and Jitsu's programs speak too."""
