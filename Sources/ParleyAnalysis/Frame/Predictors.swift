import BigInt
package import ParleyBase
import ParleyProgram
import ParleyTables

/// What a model is made of, as settings name it: columns of numbers and conditions, and categories, of which a reference value may be given.
package struct Predictors: Hashable, Sendable {
  /// One of the list.
  struct Entry: Hashable, Sendable {
    var name: String
    var reference: String?
    var line: Int
  }
  /// Where the list stands.
  let key: String
  let entries: [Entry]
  /// Columns that may be without a value have one more column, which says where.
  let marksMissing: Bool
  private static let example = "[age, {column: stage, reference: II}]"

  /// Reads a list of names and of mappings `{column: stage, reference: II}`.
  ///
  /// - Throws: `analysis/setting`, `analysis/key`.
  package init(_ settings: AnalysisSettings, at key: String = "predictors") throws(ParleyError) {
    self.key = key
    marksMissing = try MissingSetting(settings, isOfModel: true) == .indicator
    func refusal(_ message: String, line: Int, _ remedy: String? = nil) -> ParleyError {
      settings.error(
        "setting", "\(message) of \(settings.what)", line: line,
        remedy: remedy ?? "write '\(key): \(Self.example)'")
    }
    guard let setting = settings[key] else {
      throw settings.error(
        "setting", "\(settings.what) of kind '\(settings.kind)' has no '\(key)'",
        remedy: "add '\(key): \(Self.example)'")
    }
    let parts: [AnalysisSetting]
    if case .list(let list) = setting.value { parts = list } else { parts = [setting] }
    var entries: [Entry] = []
    for part in parts {
      let entry: Entry
      switch part.value {
      case .text(let text) where !text.isEmpty: entry = Entry(name: text, line: part.line)
      case .mapping(let pairs):
        for pair in pairs where !["column", "reference"].contains(pair.key) {
          throw settings.error(
            "key", "'\(key)' of \(settings.what) has no key '\(pair.key)'", line: pair.value.line,
            remedy: "use column and reference, as in '\(key): \(Self.example)'")
        }
        func text(_ name: String) throws(ParleyError) -> String {
          guard let value = pairs.first(where: { $0.key == name })?.value,
            case .text(let text) = value.value,
            !text.isEmpty
          else { throw refusal("an entry of '\(key)' without '\(name)'", line: part.line) }
          return text
        }
        entry = Entry(name: try text("column"), reference: try text("reference"), line: part.line)
      default: throw refusal("'\(key)' has an entry that names no column", line: part.line)
      }
      guard !entries.contains(where: { $0.name.lowercased() == entry.name.lowercased() }) else {
        throw refusal("'\(key)' names '\(entry.name)' twice", line: part.line, "name it once")
      }
      entries.append(entry)
    }
    guard !entries.isEmpty else { throw refusal("no column in '\(key)'", line: setting.line) }
    self.entries = entries
  }

  /// The columns of the design, the constant not among them: a number or condition is one, a category has one for each value but its reference.
  ///
  /// - Parameters:
  ///   - taken: columns that have another role, and the keys that give it to them.
  ///   - required: columns that are left out where they have no value.
  /// - Throws: `analysis/variable`, `analysis/type`, `analysis/setting`.
  package func terms(
    of rows: AnalysisRows, taken: [(column: String, key: String)] = [], required: Set<String> = []
  ) throws(ParleyError) -> [DesignTerm] {
    let settings = rows.analysis.settings
    var terms: [DesignTerm] = []
    for entry in entries {
      let column = try rows.column(entry.name, at: key)
      if let other = taken.first(where: { $0.column == column.name }) {
        throw settings.error(
          "setting",
          "'\(column.name)' is in '\(key)' of \(settings.what) and is its '\(other.key)' too",
          line: entry.line, remedy: "remove it from '\(key)'")
      }
      let mark =
        marksMissing && column.isNullable && !required.contains(column.name)
        ? [DesignTerm(column: column.name, name: "\(column.name) missing", value: .missing)] : []
      switch column.type {
      case .category(let labels):
        terms += try categories(column, labels, entry, settings) + mark
        continue
      case .boolean:
        terms.append(DesignTerm(column: column.name, name: column.name, value: .condition))
      case .integer, .decimal:
        terms.append(DesignTerm(column: column.name, name: column.name, value: .number))
      case .date, .timestamp, .text:
        throw settings.error(
          "type",
          "'\(key)' of \(settings.what) names '\(column.name)', which is \(column.type.inWords): a model takes numbers, conditions and categories",
          line: entry.line,
          remedy:
            "leave it out; or let each holder bring a number or a condition that is made of it as a column of its file"
        )
      }
      guard entry.reference == nil else {
        throw settings.error(
          "type",
          "'\(key)' of \(settings.what) gives a reference for '\(column.name)', which is \(column.type.inWords) and no category",
          line: entry.line, remedy: "write '\(column.name)' alone")
      }
      terms += mark
    }
    return terms
  }

  private func categories(
    _ column: AnalysisRows.Column, _ labels: [String], _ entry: Entry, _ settings: AnalysisSettings
  ) throws(ParleyError) -> [DesignTerm] {
    var reference = 0
    if let text = entry.reference {
      guard let index = column.values.firstIndex(of: text) ?? labels.firstIndex(of: text) else {
        throw settings.error(
          "setting",
          "the reference '\(text)' in '\(key)' of \(settings.what) is no value of '\(column.name)'",
          line: entry.line, remedy: "use one of: \(column.values.joined(separator: ", "))")
      }
      reference = index
    }
    guard labels.count > 1 else {
      throw settings.error(
        "type", "'\(key)' of \(settings.what) names '\(column.name)', a category of one value",
        line: entry.line,
        remedy: "leave it out")
    }
    return labels.indices.filter { $0 != reference }.map {
      DesignTerm(
        column: column.name, name: "\(column.name): \(labels[$0])",
        value: .category($0, reference: reference))
    }
  }
}

/// A column of a design: how it is made of a column of the rows.
package struct DesignTerm: Hashable, Sendable {
  package enum Value: Hashable, Sendable {
    /// As it is.
    case number
    /// 1 where it is true.
    case condition
    /// 1 where the category has this value; values are counted from 0, and one of them is the reference.
    case category(Int, reference: Int)
    /// 1 where the column has no value; its other columns are 0 there.
    case missing
  }
  /// The column of the rows.
  package var column: String
  /// What the coefficient is called.
  package var name: String
  package var value: Value

  /// Whether a column can be in a model as it is: a condition, or a number whose range is not too wide.
  static func canBePredictor(_ type: ColumnType) -> Bool {
    switch type {
    case .boolean: true
    case .integer(let range):
      Design.fits(BigInt(range.lowerBound), BigInt(range.upperBound), decimals: 0)
    case .decimal(let scale, let range):
      Design.fits(BigInt(range.lowerBound), BigInt(range.upperBound), decimals: scale)
    case .category, .date, .timestamp, .text: false
    }
  }
}
