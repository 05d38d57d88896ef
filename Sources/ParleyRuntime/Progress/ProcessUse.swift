/// What a party has used of its machine, for its report in the receipt.
///
/// Only the program knows what of its process belongs to one party. The command runs one party in a process, and reads
/// it from the operating system. Where several sessions share a process there is no such number, and reports go
/// without.
package struct ProcessUse: Sendable {
  /// Processor time so far; nil where it is not known.
  package var processorTime: @Sendable () -> Duration?
  /// Largest resident memory so far, in bytes; nil where it is not known.
  package var peakMemoryBytes: @Sendable () -> Int?

  /// Both readings of a process.
  package init(
    processorTime: @escaping @Sendable () -> Duration?, peakMemoryBytes: @escaping @Sendable () -> Int?
  ) {
    self.processorTime = processorTime
    self.peakMemoryBytes = peakMemoryBytes
  }

  /// Where nobody knows.
  package static let unknown = ProcessUse(processorTime: { nil }, peakMemoryBytes: { nil })
}

extension Duration {
  /// The duration in milliseconds, rounded down.
  package var wholeMilliseconds: Int {
    let parts = components
    return Int(parts.seconds) * 1000 + Int(parts.attoseconds / 1_000_000_000_000_000)
  }
}
