package kafka

// BatchHeaderSize is the length in bytes of a record batch v2 up to its first
// record (baseOffset … recordCount; KIP-98).
const BatchHeaderSize = 61
