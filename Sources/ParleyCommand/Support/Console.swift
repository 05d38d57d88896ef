import Foundation
import ParleyBase
import Synchronization

/// Results go to standard output, everything about the work to standard error.
enum Console {
  enum Level: String, CaseIterable, Comparable, Sendable {
    case quiet, info, debug
    static func < (a: Level, b: Level) -> Bool {
      allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
    }
  }

  static func output(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }
  static func error(_ text: String) {
    FileHandle.standardError.write(Data(("parley: " + text + "\n").utf8))
  }

  /// Pretty JSON with sorted keys.
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func bytes(_ count: Int) -> String {
    switch count {
    case ..<10_000: "\(count) B"
    case ..<10_000_000: String(format: "%.1f kB", Double(count) / 1e3)
    case ..<10_000_000_000: String(format: "%.1f MB", Double(count) / 1e6)
    default: String(format: "%.1f GB", Double(count) / 1e9)
    }
  }
  static func seconds(_ value: Double) -> String {
    switch value {
    case ..<1e-3: String(format: "%.0f µs", value * 1e6)
    case ..<1: String(format: "%.1f ms", value * 1e3)
    default: String(format: "%.2f s", value)
    }
  }
  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
}

/// Messages about the work, with the party they come from.
struct Log: Sendable {
  var level: Console.Level
  var prefix: String

  func info(_ text: @autoclosure () -> String) {
    if level >= .info { write(text()) }
  }
  func debug(_ text: @autoclosure () -> String) {
    if level >= .debug { write(text()) }
  }
  func warning(_ text: String) { write("warning: " + text) }

  private func write(_ text: String) {
    let head = prefix.isEmpty ? "" : "[\(prefix)] "
    FileHandle.standardError.write(Data((head + text + "\n").utf8))
  }
}
