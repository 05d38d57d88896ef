package import ParleyBase

/// What a study file says under one key of an analysis.
public struct AnalysisSetting: Hashable, Sendable {
  /// Texts as they are written, lists and mappings in the order of the file.
  public indirect enum Value: Hashable, Sendable {
    /// A single value: a name, a number, `true`.
    case text(String)
    /// Values in the order of the file.
    case list([AnalysisSetting])
    /// Keys with their values, in the order of the file.
    case mapping([Entry])
  }
  /// One key of a mapping.
  public struct Entry: Hashable, Sendable {
    /// As it is written.
    public var key: String
    /// What it says.
    public var value: AnalysisSetting
    /// A key and what it says.
    public init(key: String, value: AnalysisSetting) {
      self.key = key
      self.value = value
    }
  }
  /// What is written there.
  public var value: Value
  /// In the study file, from 1; 0 where it is not known.
  public var line: Int

  /// A setting at its place.
  public init(_ value: Value, line: Int = 0) {
    self.value = value
    self.line = line
  }

  /// Adds it to what parties sign. Lines do not count; keys do in any order.
  package func encode(into writer: inout CanonicalWriter) {
    switch value {
    case .text(let text):
      writer.write(UInt8(0))
      writer.write(text)
    case .list(let entries):
      writer.write(UInt8(1))
      writer.write(list: entries) { $1.encode(into: &$0) }
    case .mapping(let entries):
      writer.write(UInt8(2))
      writer.write(list: entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) { writer, entry in
        writer.write(entry.key)
        entry.value.encode(into: &writer)
      }
    }
  }

  /// As it may be written on one line.
  var text: String {
    switch value {
    case .text(let text): text
    case .list(let entries): "[\(entries.map(\.text).joined(separator: ", "))]"
    case .mapping(let entries): "{\(entries.map { "\($0.key): \($0.value.text)" }.joined(separator: ", "))}"
    }
  }

  /// In words, for messages.
  var kindInWords: String {
    switch value {
    case .text: "a single value"
    case .list: "a list"
    case .mapping: "a mapping"
    }
  }
}
