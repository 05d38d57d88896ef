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
