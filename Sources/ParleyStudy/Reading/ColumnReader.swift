import ParleyBase
import ParleyProgram
import Yams

/// The type of a column: its word, and the range, scale, values and labels that go with it.
struct ColumnReader {
  let problems: Problems
  /// Texts that mean "no value" in some holder's file; no category may be spelled like one.
  let nulls: Set<String>

  init(_ problems: Problems, nulls: Set<String>) {
    self.problems = problems
    self.nulls = nulls
  }

  func type(_ column: Fields) -> (ColumnType, labels: [String]) {
    guard let word = column.text("type", required: true, example: "int") else { return (.boolean, []) }
    let wanted: [String]
    switch word {
    case "int", "timestamp": wanted = ["range", "rounding"]
    case "date": wanted = ["range"]
    case "decimal": wanted = ["range", "scale", "rounding"]
    case "bool": wanted = []
    case "category": wanted = ["values", "labels", "others"]
    case "text": wanted = ["bytes"]
    default:
      let synonyms = [
        "integer": "int", "float": "decimal", "double": "decimal", "real": "decimal", "number": "decimal",
        "boolean": "bool", "string": "text", "varchar": "text", "char": "text", "enum": "category",
        "categorical": "category", "datetime": "timestamp", "time": "timestamp",
      ]
      problems.add(
        .studyValue, "\(column.what) has the type '\(word)', which there is not", at: column.position(of: "type"),
        remedy: synonyms[word.lowercased()].map { "write 'type: \($0)'" }
          ?? Suggestion.remedy(for: word, among: StudyKeys.columnTypes))
      return (.boolean, [])
    }
    for key in ["range", "scale", "values", "labels", "bytes", "rounding", "others"]
    where column.has(key) && !wanted.contains(key) {
      problems.add(
        .studyValue, "\(column.what) is of type \(word), which has no '\(key)'", at: column.keyPosition(of: key),
        remedy: wanted.isEmpty
          ? "remove it" : "remove it, or choose another type; \(word) has \(wanted.joined(separator: " and "))")
    }
    switch word {
    case "int": return (.integer(numbers(column, scale: 0, example: "[0, 120]") ?? 0...0), [])
    case "decimal":
      let scale = column.integer("scale", in: 1...9, required: true, example: "2") ?? 9
      return (.decimal(scale: scale, numbers(column, scale: scale, example: "[0, 99.5]") ?? 0...0), [])
    case "date": return (.date(dates(column) ?? 0...0), [])
    case "timestamp": return (.timestamp(times(column) ?? 0...0), [])
    case "category": return category(column)
    case "text":
      let bytes = column.integer("bytes", in: 1...StudyLimits.textBytes, required: true, example: "32")
      return (.text(bytes: bytes ?? StudyLimits.textBytes), [])
    default: return (.boolean, [])
    }
  }

  /// Whether values are rounded to what is declared, and which category stands for everything that is not.
  func policy(_ column: Fields, _ type: ColumnType) -> (rounds: Bool, others: String?) {
    enum Rounding: String, CaseIterable { case none, nearest }
    let rounding = column.choice("rounding", Rounding.self, default: Rounding.none)
    guard let others = column.text("others", required: false, example: "other"), case .category(let values) = type
    else { return (rounding == .nearest, nil) }
    if !values.contains(where: { $0.utf8.elementsEqual(others.utf8) }) {
      problems.add(
        .studyUnknownName, "'\(others)' is none of the values of \(column.what)",
        at: column.position(of: "others"),
        remedy: "add it to the values, or name one of them")
    }
    return (rounding == .nearest, others)
  }

  private func bounds(_ column: Fields, example: String) -> [(text: String, position: Position?)]? {
    guard let texts = column.texts("range", required: true, limit: 1000, example: example) else { return nil }
    guard texts.count == 2 else {
      problems.add(
        .studyType, "the range of \(column.what) has \(texts.count) values where lowest and highest are needed",
        at: column.position(of: "range"), remedy: "write 'range: \(example)'")
      return nil
    }
    return texts
  }

  private func ordered(_ lower: Int64, _ upper: Int64, _ column: Fields) -> ClosedRange<Int64>? {
    guard lower <= upper else {
      problems.add(
        .studyValue, "the range of \(column.what) ends below its beginning", at: column.position(of: "range"),
        remedy: "write the lower bound first")
      return nil
    }
    return lower...upper
  }

  private func numbers(_ column: Fields, scale: Int, example: String) -> ClosedRange<Int64>? {
    guard let texts = bounds(column, example: example) else { return nil }
    var values: [Int64] = []
    for (text, position) in texts {
      switch ExactNumber.parse(text, scale: scale) {
      case .value(let value): values.append(value)
      case .notANumber:
        problems.add(
          .studyType, "'\(text)' in the range of \(column.what) is not a number", at: position,
          remedy: "write 'range: \(example)'")
      case .tooPrecise:
        problems.add(
          .studyValue,
          scale == 0
            ? "'\(text)' in the range of \(column.what) is not a whole number"
            : "'\(text)' in the range of \(column.what) has more than \(scale) decimals", at: position,
          remedy: scale == 0
            ? "use whole numbers, or 'type: decimal' with a 'scale'" : "round it, or raise 'scale'")
      case .overflow:
        problems.add(
          .studyValue, "'\(text)' in the range of \(column.what) is too large for 64 bits", at: position,
          remedy: "use a tighter range" + (scale > 0 ? " or a smaller scale" : ""))
      }
    }
    guard values.count == 2 else { return nil }
    return ordered(values[0], values[1], column)
  }

  private func dates(_ column: Fields) -> ClosedRange<Int64>? {
    guard let texts = bounds(column, example: "[2000-01-01, 2029-12-31]") else { return nil }
    var values: [Int64] = []
    for (text, position) in texts {
      guard let days = DateFormat.iso.days(text) else {
        problems.add(
          .studyType, "'\(text)' in the range of \(column.what) is not a date", at: position,
          remedy: "write it as YYYY-MM-DD, whatever the layout in the CSV files")
        continue
      }
      values.append(days)
    }
    guard values.count == 2 else { return nil }
    return ordered(values[0], values[1], column)
  }

  /// A day alone begins the range at its first second and ends it at its last.
  private func times(_ column: Fields) -> ClosedRange<Int64>? {
    guard let texts = bounds(column, example: "[2000-01-01, 2029-12-31T12:00:00]") else { return nil }
    var values: [Int64] = []
    for (index, (text, position)) in texts.enumerated() {
      if let days = DateFormat.iso.days(text) {
        values.append(days * 86_400 + (index == 0 ? 0 : 86_399))
      } else if let seconds = TimestampText.seconds(text) {
        values.append(seconds)
      } else {
        problems.add(
          .studyType, "'\(text)' in the range of \(column.what) is not a time", at: position,
          remedy: "write it as YYYY-MM-DDThh:mm:ss or YYYY-MM-DD, whatever the layout in the CSV files")
      }
    }
    guard values.count == 2 else { return nil }
    return ordered(values[0], values[1], column)
  }

  private func category(_ column: Fields) -> (ColumnType, labels: [String]) {
    let example = "[a, b]"
    guard
      let texts = column.texts(
        "values", required: true, limit: StudyLimits.categoryValues, example: example, .data)
    else { return (.category([]), []) }
    if texts.isEmpty {
      problems.add(
        .studyMissing, "\(column.what) has no values", at: column.position(of: "values"),
        remedy: "list the values that may occur")
    }
    var values: [String] = []
    // Values are texts of bytes: two spellings of one letter in Unicode are two values.
    var seen: Set<[UInt8]> = []
    for (text, position) in texts {
      if nulls.contains(where: { $0.utf8.elementsEqual(text.utf8) }) {
        problems.add(
          .studyValue, "the value '\(text)' of \(column.what) also means that there is no value", at: position,
          remedy: "take it out of the values, or out of the null spellings under 'csv'")
      }
      guard seen.insert(Array(text.utf8)).inserted else {
        problems.add(
          .studyDuplicate, "\(column.what) has the value '\(text)' twice", at: position,
          remedy: "remove one of them")
        continue
      }
      values.append(text)
    }
    return (.category(values), labels(column, values))
  }

  private func labels(_ column: Fields, _ values: [String]) -> [String] {
    guard let node = column.node("labels", required: false, example: "{\"0\": female, \"1\": male}"),
      let map = Fields(node, of: "labels of \(column.what)", allowed: values, problems)
    else { return [] }
    var labels: [String] = []
    var seen: Set<ExactText> = []
    for value in values {
      let label = map.has(value) ? map.text(value, required: true, example: "…", .data) : value
      if let label, !seen.insert(ExactText(label)).inserted {
        problems.add(
          .studyDuplicate, "two values of \(column.what) are labelled '\(label)'", at: map.position(of: value),
          remedy: "give every value a label of its own")
      }
      labels.append(label ?? value)
    }
    return labels
  }
}
