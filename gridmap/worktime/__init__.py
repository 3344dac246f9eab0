"""工作日历与办理时限: calendars kept as data, and the arithmetic of limits that can explain every minute."""
