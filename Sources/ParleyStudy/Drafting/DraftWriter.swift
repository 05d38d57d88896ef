import Foundation
import ParleyBase
import ParleyProgram

/// Writes the draft of a study file.
struct DraftWriter {
  let files: [FileGuess]
  /// Lines of `analyses`, instead of a query.
  var analyses: [String] = []
  private static let tableName = "records"

  func text() throws(ParleyError) -> String {
    var taken: Set<String> = []
    var columns = try self.columns(&taken)
    var partial = partialColumns(&taken)
    let nulls = (columns + partial.map(\.column)).reduce(into: nullsOfOthers) { $0.formUnion($1.nullsSeen) }
    let all = columns + partial.map(\.column)
    for index in all.indices {
      let others = all.indices.filter { $0 != index }.reduce(into: Set<String>()) {
        $0.formUnion(all[$1].plainCodes)
      }
      if index < columns.count {
        (columns[index].tableNulls, columns[index].valuesElsewhere) = (nulls, others)
      } else {
        let place = index - columns.count
        (partial[place].column.tableNulls, partial[place].column.valuesElsewhere) = (nulls, others)
      }
    }
    guard columns.contains(where: { $0.lines().contains { $0.hasPrefix("      - {") } }) else {
      throw nothing(in: columns)
    }
    var lines = head
    lines += parties
    lines += table(columns, partial, nulls: nulls) + unmatched(partial) + [""]
    lines += tail
    return lines.joined(separator: "\n") + "\n"
  }

  /// The columns of the first file that all others have as well.
  ///
  /// - Throws: where there is none, which each of them lacks.
  private func columns(_ taken: inout Set<String>) throws(ParleyError) -> [DraftColumn] {
    let formats = dateFormats()
    var columns: [DraftColumn] = []
    for header in files[0].headers {
      let places = files.compactMap { $0.place(of: header) }
      guard places.count == files.count else { continue }
      columns.append(
        DraftColumn(
          name: identifier(header, &taken), header: header, files: files, places: places, formats: formats))
    }
    guard columns.isEmpty else { return columns }
    let problems = files.dropFirst().compactMap { file -> ParleyError? in
      let lacking = files[0].headers.filter { file.place(of: $0) == nil }
      return lacking.isEmpty ? nil : missing(lacking, in: file)
    }
    throw ParleyError.combining(problems, file: problems.first?.place?.file ?? files[0].path)
  }

  static func list(_ names: [String], _ form: (String) -> String) -> String {
    names.prefix(20).map(form).joined(separator: ", ") + (names.count > 20 ? ", and \(names.count - 20) more" : "")
  }

  /// A draft without any column would be refused as a study.
  private func nothing(in columns: [DraftColumn]) -> ParleyError {
    let reasons = columns.prefix(20).flatMap { $0.lines() }.map {
      VisibleText.line($0.trimmingCharacters(in: CharacterSet(charactersIn: " #")))
    }
    // Once they are mended, what a file lacks is still in the way.
    let lacking = files.dropFirst().compactMap { file -> String? in
      let names = files[0].headers.filter { file.place(of: $0) == nil }
      guard !names.isEmpty else { return nil }
      let left = leftOver.first { $0.file.path == file.path }?.headers ?? []
      return "'\(file.path)' has no column \(Self.list(names) { "'\($0)'" }) of '\(files[0].path)'"
        + (left.isEmpty ? "" : "; it has \(Self.list(left) { "'\($0)'" })")
    }.map { VisibleText.line($0) }
    let hasOdd = columns.contains { $0.kind == .text && $0.hasOddCells }
    var error = ParleyError(
      .dataNoColumns,
      "no column \(files.count == 1 ? "of the file" : "that all \(files.count) files have") can be declared:\n"
        + (reasons + lacking).joined(separator: "\n"),
      at: files.count == 1 ? .init(file: files[0].path, line: 1) : nil,
      remedy: (hasOdd ? "correct the cells in the lines that are named, and draft again; or " : "")
        + "name a file that has numbers, dates or labels that occur in \(StudyDraft.rareLimit) rows or more as well, or write the study by hand (docs/study-file.md)"
    )
    error.hasLines = true
    return error
  }

  /// - Parameter lacking: the first file's columns that the file does not have.
  private func missing(_ lacking: [String], in file: FileGuess) -> ParleyError {
    let free = file.headers.filter { name in !files[0].headers.contains(name) }
    let names = free.isEmpty ? "" : "; it has \(free.prefix(20).map { "'\($0)'" }.joined(separator: ", "))"
    let isOne = lacking.count == 1
    let list = lacking.prefix(20).map { "'\($0)'" }.joined(separator: ", ") + (lacking.count > 20 ? ", …" : "")
    // What the draft of the first file alone calls its columns.
    var taken: Set<String> = []
    let formats = [dateFormats()[0]]
    let declared = files[0].headers.enumerated().compactMap { place, header -> String? in
      let name = identifier(header, &taken)
      let column = DraftColumn(
        name: name, header: header, files: [files[0]], places: [place], formats: formats)
      return lacking.contains(header) && (column.isDeclared || column.fault != nil) ? name : nil
    }
    let maps = declared.prefix(20).map { "\(YAMLWord.plain($0)): NAME" }.joined(separator: ", ")
    // A column that is mended in one file still has to be mapped in the other.
    let faults =
      faults(of: lacking, in: files[0]).map { "'\(files[0].path)': \($0)" }
      + faults(of: free, in: file).map { "'\(file.path)': \($0)" }
    return ParleyError(
      .dataMissingColumn,
      "'\(files[0].path)' has the column\(isOne ? "" : "s") \(list), this file does not\(names)"
        + faults.map { "; \(VisibleText.line($0))" }.joined(),
      at: .init(file: file.path, line: 1),
      remedy: (faults.isEmpty ? "" : "correct these cells first; then ")
        + (declared.isEmpty
          ? "draft from '\(files[0].path)' and from this file apart, and write one study of both drafts by hand (docs/study-file.md)"
          : "draft from '\(files[0].path)' alone, and say under csv-by-holder of the draft what this file calls \(declared.count == 1 ? "it" : "them"): 'columns: {\(maps)\(declared.count > 20 ? ", …" : "")}'")
    )
  }

  /// The layout of dates in each file: the one that most of its columns have.
  func dateFormats() -> [String] {
    files.map { file in
      func count(_ format: String) -> Int {
        file.columns.count { $0.values > 0 && ($0.dates.contains(format) || $0.times.contains(format)) }
      }
      var best = ColumnGuess.dateFormats[0]
      for format in ColumnGuess.dateFormats where count(format) > count(best) { best = format }
      return best
    }
  }

  private var head: [String] {
    [
      "# Draft of a study, to be reviewed line by line. It was made from \(files.count == 1 ? "one file" : "\(files.count) files") and holds no",
      "# cell of the data except the labels of categories that occur in \(StudyDraft.rareLimit) rows or more;",
      "# ranges are rounded outwards. Types, codes, and what one holder's spellings mean in another's words are guesses.",
      "# docs/study-file.md explains every key.",
      "parley: 1",
      "name: \"Name of the study\"",
      "description: \"What is computed, for what purpose, and who agreed to it.\"",
      "",
    ]
  }

  private var parties: [String] {
    var lines = [
      "# Everybody who takes part. Keys come from 'parley identity create' at each party; a trial on one machine",
      "# needs none. Computing parties need an endpoint (host:port) that the others can reach.",
      "parties:",
    ]
    for file in files {
      lines.append(
        "  - {name: \(quoted(file.holder)), organisation: \"Organisation of \(YAMLWord.escaped(file.holder))\"}")
    }
    for (name, letter) in computing {
      lines.append("  - {name: \(name), organisation: \"Organisation \(letter)\"}")
    }
    lines += [
      "",
      "# Three parties run by three different organisations: none of them sees data unless two work together.",
      "computing: [\(computing.map(\.name).joined(separator: ", "))]",
      "",
    ]
    return lines
  }

  private var computing: [(name: String, letter: String)] {
    let taken = Set(files.map { $0.holder.lowercased() })
    return ["a", "b", "c"].map { letter in
      var name = "computing-\(letter)"
      while taken.contains(name) { name += "-x" }
      return (name, letter.uppercased())
    }
  }

  private func table(_ columns: [DraftColumn], _ partial: [PartialColumn], nulls: Set<String>) -> [String] {
    let rows = files.map(\.rows).max() ?? 1
    let most = Int(RoundBounds.above(Double(rows * files.count)))
    var lines = [
      "tables:",
      "  - name: \(Self.tableName)",
      "    holders: [\(files.map { quoted($0.holder) }.joined(separator: ", "))]",
      "    maximum-rows: \(most)  # of all holders together; a round number above what the files have",
      "    # pad-to: \(Int(RoundBounds.above(Double(rows))))  # hides how many rows each holder has, at the cost of that many",
      "    # protect: COLUMN  # if one person may have several rows: the column that names the person, without NULLs",
      "    # What is outside of a column's range is a bad row; to widen one, write other numbers, such as [1950, 2030].",
      "    bad-rows: refuse  # or null, or drop",
    ]
    lines += files.compactMap { file in file.oddRowWords.map { "    # \(YAMLWord.escaped(file.path)): \($0)" } }
    lines += dialects(columns, partial, nulls: nulls)
    lines.append("    columns:")
    for column in columns { lines += column.lines() }
    return lines
  }

  private var questions: [String] {
    guard analyses.isEmpty else {
      return [
        "# What an analysis opens is published to the recipients; nothing else is. docs/analyses.md has its keys.",
        "analyses:",
      ]
        + analyses + [""]
    }
    return [
      "# Whatever a query selects is published to the recipients; nothing else is.",
      "queries:",
      "  - name: overall",
      "    sql: |",
      "      SELECT COUNT(*) AS row_count",
      "      FROM \(Self.tableName)",
      "",
    ]
  }

  private var tail: [String] {
    questions + [
      "security:",
      "  protocol: replicated",
      "  adversary: semi-honest  # no party deviates from the protocol, and no two computing parties work together",
      "",
      "release:",
      "  minimum-cell: 5  # groups of fewer rows, or persons, are withheld, with what would give them away",
      "  recipients: [\(files.map { quoted($0.holder) }.joined(separator: ", "))]",
      "",
      "patience: 60s  # a link may be down this long",
      "require-signatures: true",
    ]
  }

  // MARK: Text

  func identifier(_ header: String, _ taken: inout Set<String>) -> String {
    var name = String(
      header.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }.prefix(48))
    if name.isEmpty || name.first?.isNumber == true || name.allSatisfy({ $0 == "_" }) { name = "c_" + name }
    if Self.reserved.contains(name) { name += "_" }
    if name == header.lowercased(), !taken.contains(name) {
      taken.insert(name)
      return header
    }
    var unique = name
    var number = 2
    while !taken.insert(unique).inserted {
      unique = "\(name)_\(number)"
      number += 1
    }
    return unique
  }

  /// Words of SQL that would need quotes as names.
  private static let reserved: Set<String> = [
    "select", "from", "where", "group", "by", "having", "order", "as", "and", "or", "not", "null", "is", "in",
    "between",
    "case", "when", "then", "else", "end", "true", "false", "asc", "desc", "limit", "offset", "union", "intersect",
    "except", "join", "inner", "left", "right", "full", "cross", "natural", "on", "using", "distinct", "like",
    "exists",
    "with", "window", "over", "filter", "nulls",
  ]

  func quoted(_ text: String) -> String { YAMLWord.quoted(text) }
}
