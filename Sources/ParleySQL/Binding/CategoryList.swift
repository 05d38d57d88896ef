import ParleyProgram

/// The texts that a category can be: the values of a column, or the constants of a choice. A value is a position in it.
struct CategoryList: Hashable, Sendable {
  /// Different from each other, byte by byte.
  private(set) var values: [ExactText]
  /// What results show for each.
  private(set) var shown: [String]
  /// None of them is a column's: they are in the order of their bytes, and more may be added.
  private(set) var isOfConstants: Bool

  /// Of a column.
  /// - Parameter labels: what the study shows instead of the values; empty for the values themselves.
  init(values: [String], labels: [String] = []) {
    self.values = values.map { ExactText($0) }
    shown = labels.count == values.count ? labels : values
    isOfConstants = false
  }

  init(constants: [ExactText]) {
    values = constants.sorted { $0.value.utf8.lexicographicallyPrecedes($1.value.utf8) }
    shown = values.map(\.value)
    isOfConstants = true
  }

  /// Both sides: the values of a column come before those of another one, and constants after them.
  init(_ a: Self, _ b: Self) {
    let (first, second) = a.isOfConstants && !b.isOfConstants ? (b, a) : (a, b)
    var known = Set(first.values)
    let added = second.values.indices.filter { known.insert(second.values[$0]).inserted }
    isOfConstants = first.isOfConstants
    values = first.values + added.map { second.values[$0] }
    shown = first.shown + added.map { second.shown[$0] }
    if isOfConstants { self = Self(constants: values) }
  }

  func position(of text: ExactText) -> Int? { values.firstIndex(of: text) }
  func contains(_ text: String) -> Bool { values.contains(ExactText(text)) }
  /// Of the longest.
  var bytes: Int { values.reduce(0) { max($0, $1.value.utf8.count) } }
  var texts: [String] { values.map(\.value) }

  static func == (a: Self, b: Self) -> Bool { a.values == b.values && a.shown == b.shown }
  func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

/// What results would show for the values of expressions that become one column. A value with two labels would be shown
/// by one of them for all, and two values with one label would be two groups of one name.
struct ShownValues {
  struct Clash {
    /// Two texts of expressions, and the values in them: the same one with two labels, or two with the same label.
    var sources: (String, String)
    var values: (String, String)
    var labels: (String, String)

    var message: String {
      values.0.utf8.elementsEqual(values.1.utf8)
        ? "results show '\(values.0)' of '\(sources.0)' as '\(labels.0)', and of '\(sources.1)' as '\(labels.1)'"
        : "results show '\(values.0)' of '\(sources.0)' and '\(values.1)' of '\(sources.1)' alike, as '\(labels.0)'"
    }
    var remedy: String {
      func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
      return
        "label the values alike in the study, or write out the texts of both: CASE WHEN \(sources.0) = \(quoted(values.0)) THEN \(quoted(labels.0)) … END"
    }
  }
  private typealias Entry = (value: ExactText, label: ExactText, source: String)
  private var ofValues: [ExactText: Entry] = [:]
  private var ofLabels: [ExactText: Entry] = [:]

  /// The first clash with what was added before; nil when there is none.
  mutating func add(_ list: CategoryList, source: String) -> Clash? {
    for (value, shown) in zip(list.values, list.shown) {
      if let clash = add((value, ExactText(shown), source)) { return clash }
    }
    return nil
  }

  /// A constant is the value that is spelled like it, where there is one, with its label.
  mutating func add(constant: ExactText, source: String) -> Clash? {
    ofValues[constant] == nil ? add((constant, constant, source)) : nil
  }

  private mutating func add(_ entry: Entry) -> Clash? {
    for known in [ofValues[entry.value], ofLabels[entry.label]] {
      guard let known, known.value != entry.value || known.label != entry.label else { continue }
      return Clash(
        sources: (known.source, entry.source), values: (known.value.value, entry.value.value),
        labels: (known.label.value, entry.label.value))
    }
    ofValues[entry.value] = entry
    ofLabels[entry.label] = entry
    return nil
  }
}
