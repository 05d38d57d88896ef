import ParleyBase
import ParleyProgram

/// How files are written, in a draft: `csv`, `csv-by-holder`, and what only columns in comments need of them.
extension DraftWriter {
  /// What is different in the files of one holder.
  private struct Entry {
    var holder: String
    /// `key: value`, of the file.
    var parts: [String]
    /// `column: "header"`, and `column: {"label": "value"}`.
    var names: [String] = []
    var maps: [String] = []
    /// The same of columns that are comments.
    var laterNames: [String] = []
    var laterMaps: [String] = []
    var isGuessed: Bool { !names.isEmpty || !maps.isEmpty }
    var hasLater: Bool { !laterNames.isEmpty || !laterMaps.isEmpty }
    var isDeclared: Bool { !parts.isEmpty || isGuessed }
  }

  /// What all files have in common, and what is different in some.
  func dialects(_ columns: [DraftColumn], _ partial: [PartialColumn], nulls: Set<String>) -> [String] {
    let formats = dateFormats()
    let hasDates = (columns + partial.map(\.column)).contains(where: \.hasDates)
    var parts = files.indices.map { index in
      [marks(files[index]).joined(separator: ", "), hasDates ? "date: \(quoted(formats[index]))" : ""]
    }
    var common = ["\"null\": [\(nulls.union([""]).sorted().map(quoted).joined(separator: ", "))]"]
    var isCommon = parts[0].map { _ in false }
    for part in parts[0].indices.reversed() where Set(parts.map { $0[part] }).count == 1 {
      if !parts[0][part].isEmpty { common.insert(parts[0][part], at: 0) }
      isCommon[part] = true
      for file in parts.indices { parts[file].remove(at: part) }
    }
    let entries = files.indices.map { index in
      let own = parts[index].filter { !$0.isEmpty }
      return entry(
        index, isCommon[0] ? own : marks(files[index]) + own.dropFirst(), columns, partial)
    }
    let hasLater = entries.contains(where: \.hasLater)
    var lines =
      hints(columns + partial.map(\.column), hasDates: hasDates, hasLater: hasLater)
      + ["    csv: {\(common.joined(separator: ", "))}"]
    let used = entries.filter { $0.isDeclared || $0.hasLater }
    guard !used.isEmpty else { return lines }
    lines.append((used.contains(where: \.isDeclared) ? "" : Self.later) + "    csv-by-holder:")
    for entry in used { lines += hasLater ? block(entry) : [flow(entry)] }
    return lines
  }

  /// A line that begins so is a line of the study without it.
  private static let later = "# "

  private func entry(
    _ index: Int, _ parts: [String], _ columns: [DraftColumn], _ partial: [PartialColumn]
  ) -> Entry {
    var entry = Entry(holder: files[index].holder, parts: parts)
    func map(_ column: DraftColumn, _ place: Int) -> String? {
      let map = column.maps[place]
      guard !map.isEmpty else { return nil }
      let pairs = map.sorted { $0.key < $1.key }.map { "\(quoted($0.key)): \(quoted($0.value))" }
      return "\(YAMLWord.plain(column.name)): {\(pairs.joined(separator: ", "))}"
    }
    func name(_ column: DraftColumn, _ place: Int) -> String? {
      let header = column.headers[place]
      guard ExactText(header) != ExactText(column.header) else { return nil }
      return "\(YAMLWord.plain(column.name)): \(quoted(header))"
    }
    for column in columns {
      if column.isDeclared {
        entry.names += [name(column, index)].compactMap(\.self)
        entry.maps += [map(column, index)].compactMap(\.self)
      } else if column.isOffered {
        entry.laterNames += [name(column, index)].compactMap(\.self)
      }
    }
    for column in partial where column.isOffered {
      if let place = column.having.firstIndex(of: index) {
        entry.laterNames += [name(column.column, place)].compactMap(\.self)
        entry.laterMaps += [map(column.column, place)].compactMap(\.self)
      } else {
        entry.laterNames.append("\(YAMLWord.plain(column.column.name)): NAME")
      }
    }
    return entry
  }

  private static let question = "  # guessed: does each mean this?"

  private func flow(_ entry: Entry) -> String {
    var own = entry.parts
    if !entry.names.isEmpty { own.append("columns: {\(entry.names.joined(separator: ", "))}") }
    if !entry.maps.isEmpty { own.append("values: {\(entry.maps.joined(separator: ", "))}") }
    return
      "      \(quoted(entry.holder)): {\(own.joined(separator: ", "))}\(entry.isGuessed ? Self.question : "")"
  }

  private func block(_ entry: Entry) -> [String] {
    func section(_ key: String, _ now: [String], _ later: [String]) -> [String] {
      guard !now.isEmpty || !later.isEmpty else { return [] }
      return [(now.isEmpty ? Self.later : "") + "        \(key):\(Self.question)"]
        + now.map { "          " + $0 } + later.map { Self.later + "          " + $0 }
    }
    return [(entry.isDeclared ? "" : Self.later) + "      \(quoted(entry.holder)):"]
      + entry.parts.map { "        " + $0 } + section("columns", entry.names, entry.laterNames)
      + section("values", entry.maps, entry.laterMaps)
  }

  /// What stands on which side, for whoever corrects it.
  private func hints(_ columns: [DraftColumn], hasDates: Bool, hasLater: Bool) -> [String] {
    var lines = ["    # How files are written."]
    if columns.contains(where: { $0.maps.contains { !$0.isEmpty } }) {
      lines += [
        "    # 'values' of a holder has, for a column, labels of its file before ':', and which of the column's values below each means after it.",
        "    # A label that is neither there nor below is a bad row; where the column has 'others', it counts as that value.",
      ]
    }
    if hasDates {
      lines.append(
        "    # 'date' is the layout of dates in files. In this study, as in ranges, dates are always YYYY-MM-DD.")
    }
    if hasLater {
      lines.append("    # Lines with '#' in the first place are for columns that are comments below.")
    }
    return lines.count > 1 ? lines : []
  }

  private func marks(_ file: FileGuess) -> [String] {
    let delimiter = file.delimiter == .tab ? "\\t" : file.delimiter.rawValue
    return ["delimiter: \"\(delimiter)\"", "decimal: \"\(file.form.decimalMark.rawValue)\""]
      + (file.form.thousandsMark.map { ["thousands: \"\($0.rawValue)\""] } ?? [])
  }
}
