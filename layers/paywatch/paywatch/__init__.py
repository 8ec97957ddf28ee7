"""paywatch tells a merchant's systems of every payment that moves at Compago or OnePay."""
