"""OnePay (Colombia): payment intents."""
