import Foundation
import ParleyRuntime

/// What this process has used so far, read from the operating system. One process of the command runs one party, so that it
/// is what the party has used.
package enum ProcessResources {
  /// Largest resident memory of this process (VmHWM), in bytes; `nil` where the system does not say.
  package static var peakMemoryBytes: Int? {
    guard let file = fopen("/proc/self/status", "re") else { return nil }
    defer { fclose(file) }
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 8192)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      text += chunk[..<count]
    }
    return peakMemoryBytes(status: String(decoding: text, as: UTF8.self))
  }

  /// Reads "VmHWM:     1234 kB" from the text of /proc/PID/status.
  package static func peakMemoryBytes(status: String) -> Int? {
    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      let words = line.dropFirst(6).split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard words.count == 2, words[1] == "kB", let kilobytes = Int(words[0]), kilobytes >= 0,
        kilobytes <= Int.max / 1024
      else { return nil }
      return kilobytes * 1024
    }
    return nil
  }

  /// Processor time of all threads of this process, user and system.
  package static var processorTime: Duration {
    // POSIX counts a million a second, whatever the system's clock does.
    .microseconds(clock())
  }

  /// For the receipts of the party that this process runs.
  static var use: ProcessUse {
    ProcessUse(processorTime: { processorTime }, peakMemoryBytes: { peakMemoryBytes })
  }
}
