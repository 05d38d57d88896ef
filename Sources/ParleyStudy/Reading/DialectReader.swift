import ParleyBase
import Yams

/// The `csv` settings of a table.
struct DialectReader {
  let problems: Problems
  init(_ problems: Problems) { self.problems = problems }

  func dialect(_ node: Node, of what: String, base: CSVDialect) -> CSVDialect {
    var dialect = base
    guard let fields = Fields(node, of: what, allowed: StudyKeys.csv, problems) else { return dialect }
    if let text = character("delimiter", fields, example: "\";\"") {
      let words: [String: CSVDialect.Delimiter] = [
        ",": .comma, ";": .semicolon, "\t": .tab, "|": .pipe, "comma": .comma, "semicolon": .semicolon,
        "tab": .tab, "pipe": .pipe,
      ]
      if let delimiter = words[text] {
        dialect.delimiter = delimiter
      } else {
        unusable("delimiter", fields, "use one of \",\" \";\" \"|\" or tab")
      }
    }
    if let text = character("decimal", fields, example: "\",\"") {
      let words: [String: CSVDialect.DecimalMark] = [".": .point, ",": .comma, "point": .point, "comma": .comma]
      if let mark = words[text] {
        dialect.decimalMark = mark
      } else {
        unusable("decimal", fields, "use \".\" or \",\"")
      }
    }
    if dialect.delimiter == .comma, dialect.decimalMark == .comma {
      problems.add(
        .studyValue, "\(what) has the comma both between fields and before decimals",
        at: fields.has("decimal") ? fields.position(of: "decimal") : fields.position(of: "delimiter"),
        remedy: "say what is between the fields, as in 'delimiter: \";\"'")
    }
    if let nulls = spellings("null", fields, example: "[\"\", NA]") { dialect.nulls = nulls }
    if let trues = spellings("true", fields, example: "[yes, Y]") { dialect.trues = trues }
    if let falses = spellings("false", fields, example: "[no, N]") { dialect.falses = falses }
    for (text, other) in overlaps(dialect) {
      problems.add(
        .studyValue, "'\(text)' would be read both as \(other.0) and as \(other.1) by \(what)",
        at: fields.position,
        remedy: "keep it in one of the lists")
    }
    if let text = fields.text("date", required: false, example: "DD.MM.YYYY") {
      if let format = DateFormat(text) {
        dialect.dateFormat = format
      } else {
        unusable(
          "date", fields, "write YYYY, MM and DD once each with - . / _ or a space between, as in DD.MM.YYYY")
      }
    }
    dialect.hasHeader = fields.flag("header", default: dialect.hasHeader)
    dialect.hasTrailingDelimiter = fields.flag("trailing-delimiter", default: dialect.hasTrailingDelimiter)
    return dialect
  }

  private func overlaps(_ dialect: CSVDialect) -> [(String, (String, String))] {
    var found: [(String, (String, String))] = []
    for text in dialect.trues where dialect.falses.contains(text) { found.append((text, ("true", "false"))) }
    for text in dialect.trues where dialect.nulls.contains(text) { found.append((text, ("true", "null"))) }
    for text in dialect.falses where dialect.nulls.contains(text) { found.append((text, ("false", "null"))) }
    return found
  }

  private func character(_ key: String, _ fields: Fields, example: String) -> String? {
    fields.text(key, required: false, example: example, .prose)
  }

  private func spellings(_ key: String, _ fields: Fields, example: String) -> [String]? {
    guard let texts = fields.texts(key, required: false, limit: StudyLimits.spellings, example: example, .data)
    else {
      return nil
    }
    var seen: [String] = []
    for (text, _) in texts where !seen.contains(text) { seen.append(text) }
    return seen
  }

  private func unusable(_ key: String, _ fields: Fields, _ remedy: String) {
    problems.add(
      .studyValue, "'\(key)' of \(fields.what) cannot be used", at: fields.position(of: key), remedy: remedy)
  }
}
