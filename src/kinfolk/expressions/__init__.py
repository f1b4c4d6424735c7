"""SQL expressions two stages or more use: functions from syntax trees to syntax trees; nothing here runs SQL."""
