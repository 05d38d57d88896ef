import ParleyBase
import ParleyProgram
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
    if let text = character("thousands", fields, example: "\".\"") {
      let words: [String: CSVDialect.ThousandsMark] = [
        ".": .point, ",": .comma, " ": .space, "'": .apostrophe, "point": .point, "comma": .comma, "space": .space,
        "apostrophe": .apostrophe,
      ]
      if text == "none" {
        // Takes back what the table says for all holders.
        dialect.thousandsMark = nil
      } else if let mark = words[text] {
        dialect.thousandsMark = mark
      } else {
        unusable("thousands", fields, "use one of \".\" \",\" \" \" \"'\", or none")
      }
    }
    if let mark = dialect.thousandsMark, mark.byte == dialect.decimalMark.byte {
      problems.add(
        .studyValue, "\(what) has '\(mark.rawValue)' both between thousands and before decimals",
        at: fields.has("thousands") ? fields.position(of: "thousands") : fields.position(of: "decimal"),
        remedy: (fields.has("thousands")
          ? "" : "write 'thousands: none' as well where nothing stands between thousands; or ")
          + "write the other mark as well, as in '\(fields.has("decimal") && !fields.has("thousands") ? "thousands" : "decimal"): \"\(mark == .comma ? "." : ",")\"'"
      )
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
    if let text = fields.text("zone", required: false, example: "Europe/Berlin") {
      if let zone = HolderZone(text) {
        dialect.zone = zone
      } else {
        let nearest = Suggestion.nearest(to: text, among: HolderZone.names).map { "did you mean '\($0)'? " } ?? ""
        unusable(
          "zone", fields,
          nearest
            + "Write UTC, an offset such as +02:00, or a name of the time zone database such as Europe/Berlin")
      }
    }
    dialect.hasHeader = fields.flag("header", default: dialect.hasHeader)
    dialect.hasTrailingDelimiter = fields.flag("trailing-delimiter", default: dialect.hasTrailingDelimiter)
    return dialect
  }

  private func overlaps(_ dialect: CSVDialect) -> [(String, (String, String))] {
    var found: [(String, (String, String))] = []
    let falses = Set(dialect.falses.map { ExactText($0) }), nulls = Set(dialect.nulls.map { ExactText($0) })
    for text in dialect.trues where falses.contains(ExactText(text)) { found.append((text, ("true", "false"))) }
    for text in dialect.trues where nulls.contains(ExactText(text)) { found.append((text, ("true", "null"))) }
    for text in dialect.falses where nulls.contains(ExactText(text)) { found.append((text, ("false", "null"))) }
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
    var seen: Set<ExactText> = []
    return texts.map(\.text).filter { seen.insert(ExactText($0)).inserted }
  }

  private func unusable(_ key: String, _ fields: Fields, _ remedy: String) {
    problems.add(
      .studyValue, "'\(key)' of \(fields.what) cannot be used", at: fields.position(of: key), remedy: remedy)
  }
}
