import BigInt
package import ParleyBase
package import ParleyNumerics

/// The keys of one analysis: typed access, every failure with its line and what to write instead.
public struct AnalysisSettings: Hashable, Sendable {
  /// What the analysis is called.
  public let name: String
  /// What it computes, one of ``AnalysisKinds/names``.
  public let kind: String
  /// The study file, for messages.
  public let file: String
  /// Where the analysis begins in it, from 1.
  public let line: Int
  /// All keys, those that every kind has included.
  public let entries: [AnalysisSetting.Entry]

  /// The keys of an analysis; nothing is checked here.
  public init(name: String, kind: String, file: String, line: Int, entries: [AnalysisSetting.Entry]) {
    self.name = name
    self.kind = kind
    self.file = file
    self.line = line
    self.entries = entries
  }

  /// In words, for messages.
  package var what: String { "analysis '\(VisibleText.line(name))'" }

  /// An error at a key, or at the analysis where the key is not there.
  package func error(_ code: String, _ message: String, at key: String? = nil, remedy: String) -> ParleyError {
    error(code, message, line: key.flatMap { self[$0]?.line } ?? line, remedy: remedy)
  }
  package func error(_ code: String, _ message: String, line: Int, remedy: String) -> ParleyError {
    ParleyError(
      .init("analysis/\(code)"), VisibleText.line(message), at: .init(file: file, line: line, item: what),
      remedy: VisibleText.line(remedy))
  }

  package subscript(key: String) -> AnalysisSetting? { entries.first { $0.key == key }?.value }
  package func has(_ key: String) -> Bool { self[key] != nil }

  private func required(_ key: String, _ example: String) throws(ParleyError) -> AnalysisSetting {
    guard let setting = self[key] else {
      throw error("setting", "\(what) of kind '\(kind)' has no '\(key)'", remedy: "add '\(key): \(example)'")
    }
    return setting
  }

  private func wrongType(
    _ key: String, _ setting: AnalysisSetting, _ wanted: String, _ example: String
  ) -> ParleyError {
    error(
      "setting", "'\(key)' of \(what) is \(setting.kindInWords) where \(wanted) is needed", line: setting.line,
      remedy: "write '\(key): \(example)'")
  }

  /// A single value that must be there.
  package func text(_ key: String, example: String) throws(ParleyError) -> String {
    let setting = try required(key, example)
    guard case .text(let text) = setting.value, !text.isEmpty else {
      throw wrongType(key, setting, "a single value", example)
    }
    return text
  }
  /// A single value, or nil where the key is not there.
  package func optionalText(_ key: String, example: String) throws(ParleyError) -> String? {
    has(key) ? try text(key, example: example) : nil
  }

  /// A list of names, or one name alone; each once.
  package func texts(_ key: String, example: String) throws(ParleyError) -> [(text: String, line: Int)] {
    let setting = try required(key, example)
    let parts: [AnalysisSetting]
    switch setting.value {
    case .text: parts = [setting]
    case .list(let entries): parts = entries
    case .mapping: throw wrongType(key, setting, "a list", example)
    }
    var found: [(text: String, line: Int)] = []
    for part in parts {
      guard case .text(let text) = part.value, !text.isEmpty else {
        throw wrongType(key, part, "a name in a list", example)
      }
      guard !found.contains(where: { $0.text == text }) else {
        throw error(
          "setting", "'\(key)' of \(what) names '\(text)' twice", line: part.line, remedy: "name it once")
      }
      found.append((text, part.line))
    }
    guard !found.isEmpty else {
      throw error(
        "setting", "'\(key)' of \(what) is empty", line: setting.line, remedy: "write '\(key): \(example)'")
    }
    return found
  }

  /// One of the words, or the first where the key is not there.
  package func choice(_ key: String, _ words: [String]) throws(ParleyError) -> String {
    guard has(key) else { return words[0] }
    let text = try text(key, example: words[0])
    guard words.contains(text) else {
      throw error(
        "setting", "'\(key)' of \(what) is '\(text)'", at: key,
        remedy: "use one of: \(words.joined(separator: ", "))")
    }
    return text
  }

  /// Words of a list, or the given ones where the key is not there.
  package func choices(
    _ key: String, _ words: [String], default fallback: [String]
  ) throws(ParleyError) -> [String] {
    guard has(key) else { return fallback }
    let found = try texts(key, example: "[\(fallback.joined(separator: ", "))]")
    for (text, line) in found where !words.contains(text) {
      throw error(
        "setting", "'\(key)' of \(what) has no '\(text)'", line: line,
        remedy: "use any of: \(words.joined(separator: ", "))")
    }
    return words.filter { word in found.contains { $0.text == word } }
  }

  /// true or false.
  package func flag(_ key: String) throws(ParleyError) -> Bool { try choice(key, ["false", "true"]) == "true" }

  /// A whole number within bounds, or the given one where the key is not there.
  package func integer(
    _ key: String, in range: ClosedRange<Int>, default fallback: Int
  ) throws(ParleyError) -> Int {
    guard has(key) else { return fallback }
    let text = try text(key, example: String(fallback))
    guard let value = Int(text), range.contains(value), !text.hasPrefix("+") else {
      throw error(
        "setting", "'\(key)' of \(what) is '\(text)'", at: key,
        remedy: "write a whole number of \(range.lowerBound) to \(range.upperBound), such as '\(key): \(fallback)'"
      )
    }
    return value
  }

  /// A decimal number within bounds, with at most six decimals, or the given one where the key is not there.
  package func number(
    _ key: String, from least: Rational, to most: Rational, default fallback: Rational
  ) throws(ParleyError) -> Rational {
    guard has(key) else { return fallback }
    let text = try text(key, example: "1")
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let decimals = parts.count == 2 ? String(parts[1]) : ""
    let isNumber =
      (1...2).contains(parts.count) && !parts[0].isEmpty && decimals.count <= 6
      && (parts[0] + decimals).utf8.allSatisfy { $0 &- 48 < 10 } && (parts.count == 1 || !decimals.isEmpty)
    let integer = isNumber && text.count <= 20 ? BigInt(parts[0] + decimals) : nil
    let value = integer.map { Rational($0, BigInt(10).power(decimals.count)) }
    guard let value, value >= least, value <= most else {
      throw error(
        "setting", "'\(key)' of \(what) is '\(text)'", at: key,
        remedy:
          "write a number of \(Self.decimal(least)) to \(Self.decimal(most)) with at most six decimals, such as '\(key): \(Self.decimal(max(fallback, least)))'"
      )
    }
    return value
  }

  /// How many standard errors a coefficient may be away from the exact one: what is certified.
  package func precision() throws(ParleyError) -> Rational {
    try number("precision", from: Rational(1, 10_000), to: Rational(1, 10), default: Rational(1, 1000))
  }
  /// Of intervals: 0.95.
  package func level() throws(ParleyError) -> Double {
    Double(try integer("level", in: 50...99, default: 95)) / 100
  }

  /// A fraction with at most six decimals, as it is written.
  package static func decimal(_ value: Rational) -> String {
    let digits = String((value * 1_000_000).rounded)
    let padded = String(repeating: "0", count: max(0, 7 - digits.count)) + digits
    let decimals = String(padded.suffix(6).reversed().drop { $0 == "0" }.reversed())
    return padded.dropLast(6) + (decimals.isEmpty ? "" : "." + decimals)
  }

  /// The keys of a mapping, all of them known.
  package func mapping(
    _ key: String, _ known: [String], example: String
  ) throws(ParleyError) -> [String: AnalysisSetting]? {
    guard let setting = self[key], case .mapping(let entries) = setting.value else { return nil }
    for entry in entries where !known.contains(entry.key) {
      throw error(
        "key", "'\(key)' of \(what) has no key '\(entry.key)'", line: entry.value.line,
        remedy: "use any of: \(known.joined(separator: ", ")), as in '\(key): \(example)'")
    }
    return Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first }
  }

  /// The text of a setting within a mapping.
  package func text(
    of setting: AnalysisSetting?, _ key: String, example: String
  ) throws(ParleyError) -> String {
    guard let setting, case .text(let text) = setting.value, !text.isEmpty else {
      throw error(
        "setting", "'\(key)' of \(what) has no value where one is needed",
        line: setting?.line ?? self[key]?.line ?? line,
        remedy: "write '\(key): \(example)'")
    }
    return text
  }
}
