import Foundation
import ParleyBase

/// Writes the draft of a study file.
struct DraftWriter {
  let files: [FileGuess]
  private static let tableName = "records"

  func text() throws(ParleyError) -> String {
    let headers = files[0].headers
    for file in files.dropFirst() {
      for header in headers where !file.headers.contains(header) {
        throw ParleyError(
          .dataMissingColumn, "'\(files[0].path)' has the column '\(header)', this file does not",
          at: .init(file: file.path, line: 1),
          remedy: "give all files the same columns, or draft from one of them")
      }
    }
    var columns: [ColumnGuess] = []
    for header in headers { columns.append(merged(header)) }
    let formats = dateFormats(headers)
    var lines = head
    lines += parties
    lines += table(headers, columns, formats)
    lines += tail(headers, columns)
    return lines.joined(separator: "\n") + "\n"
  }

  private func merged(_ header: String) -> ColumnGuess {
    var result: ColumnGuess?
    var isComma = false
    for file in files {
      guard let place = file.headers.firstIndex(of: header) else { continue }
      let guess = file.columns[place]
      if result == nil {
        result = guess
        isComma = file.hasDecimalComma
      } else {
        result?.merge(guess, ownIsComma: isComma, otherIsComma: file.hasDecimalComma)
        isComma = false
      }
    }
    var guess = result ?? ColumnGuess()
    if isComma { guess.point = guess.comma }
    return guess
  }

  /// The date layout of each file, and which columns are dates in all of them.
  private func dateFormats(_ headers: [String]) -> (perFile: [String], dates: Set<String>) {
    var dates: Set<String> = []
    for header in headers {
      let guesses = files.compactMap { file in file.headers.firstIndex(of: header).map { file.columns[$0] } }
      if guesses.allSatisfy({ $0.values == 0 || !$0.formats.isEmpty }), guesses.contains(where: { $0.values > 0 })
      {
        dates.insert(header)
      }
    }
    let perFile = files.map { file in
      ColumnGuess.dateFormats.first { format in
        zip(file.headers, file.columns).allSatisfy { header, guess in
          !dates.contains(header) || guess.values == 0 || guess.formats.contains(format)
        }
      } ?? "YYYY-MM-DD"
    }
    return (perFile, dates)
  }

  private var head: [String] {
    [
      "# Draft of a study, to be reviewed line by line. It was made from \(files.count == 1 ? "one file" : "\(files.count) files") and holds no",
      "# cell of the data except the labels of categories that occur in \(StudyDraft.rareLimit) rows or more;",
      "# ranges are rounded outwards. docs/study-file.md explains every key.",
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
      lines.append("  - {name: \(quoted(file.holder)), organisation: \"Organisation of \(escaped(file.holder))\"}")
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

  private func table(
    _ headers: [String], _ columns: [ColumnGuess], _ formats: (perFile: [String], dates: Set<String>)
  ) -> [String] {
    let rows = files.map(\.rows).max() ?? 1
    let most = Int(RoundBounds.above(Double(rows * files.count)))
    var lines = [
      "tables:",
      "  - name: \(Self.tableName)",
      "    holders: [\(files.map { quoted($0.holder) }.joined(separator: ", "))]",
      "    maximum-rows: \(most)  # of all holders together; a round number above what the files have",
      "    # pad-to: \(Int(RoundBounds.above(Double(rows))))  # hides how many rows each holder has, at the cost of that many",
      "    bad-rows: refuse  # or null, or drop",
    ]
    let nulls = ColumnGuess.nullSpellings.filter { word in
      word.isEmpty || columns.contains { $0.nullsSeen.contains(word) }
    }
    let dialects = files.indices.map { index in
      dialect(files[index], nulls, formats.dates.isEmpty ? nil : formats.perFile[index])
    }
    lines.append("    csv: {\(dialects[0])}")
    if Set(dialects).count > 1 {
      lines.append("    csv-by-holder:")
      for (file, dialect) in zip(files, dialects).dropFirst() where dialect != dialects[0] {
        lines.append("      \(quoted(file.holder)): {\(dialect)}")
      }
    }
    lines.append("    columns:")
    var taken: Set<String> = []
    for (header, guess) in zip(headers, columns) {
      let name = identifier(header, &taken)
      lines += column(name, header, guess, isDate: formats.dates.contains(header))
    }
    return lines + [""]
  }

  private func dialect(_ file: FileGuess, _ nulls: [String], _ date: String?) -> String {
    var parts = [
      "delimiter: \"\(file.delimiter == .tab ? "\\t" : file.delimiter.rawValue)\"",
      "decimal: \"\(file.hasDecimalComma ? "," : ".")\"",
      "\"null\": [\(nulls.map(quoted).joined(separator: ", "))]",
    ]
    if let date { parts.append("date: \"\(date)\"") }
    return parts.joined(separator: ", ")
  }

  private func column(_ name: String, _ header: String, _ guess: ColumnGuess, isDate: Bool) -> [String] {
    var entry = "name: \(quoted(name))"
    if name != header { entry += ", header: \(quoted(header))" }
    let nullable = guess.nullsSeen.isEmpty ? "" : ", nullable: true"
    guard guess.values > 0 else { return ["      # '\(escaped(header))' has no values and is left out"] }
    if guess.isTrueFalse || guess.isZeroOne {
      let hint = guess.isZeroOne ? "  # or category with values [\"0\", \"1\"] and labels" : ""
      return ["      - {\(entry), type: bool\(nullable)}\(hint)"]
    }
    if isDate {
      let (first, last) = RoundBounds.decades(first: guess.firstDay, last: guess.lastDay)
      return ["      - {\(entry), type: date, range: [\(first), \(last)]\(nullable)}"]
    }
    if guess.point.fits {
      let (lower, upper) = RoundBounds.bounds(lowest: guess.point.lowest, highest: guess.point.highest)
      let range = "range: [\(number(lower)), \(number(upper))]"
      if guess.point.scale == 0 {
        let isCode = (guess.counts?.count ?? .max) <= 6
        let hint = isCode ? "  # codes? Then 'type: category' with values and labels" : ""
        return ["      - {\(entry), type: int, \(range)\(nullable)}\(hint)"]
      }
      // A bound at this scale must fit 64 bits.
      guard max(abs(lower), abs(upper)) * pow(10, Double(guess.point.scale)) < 9e18 else {
        return ["      # '\(escaped(header))' has numbers with too many digits; round them first"]
      }
      return ["      - {\(entry), type: decimal, scale: \(guess.point.scale), \(range)\(nullable)}"]
    }
    return category(entry, header, guess, nullable)
  }

  private func category(_ entry: String, _ header: String, _ guess: ColumnGuess, _ nullable: String) -> [String] {
    var left = [
      "      # '\(escaped(header))' is text with many different values and is left out; if it is needed:"
    ]
    // A power of two above the longest value says little about it.
    let bytes = [16, 32, 64, 128, 256].first { $0 > guess.longest }
    left.append(
      bytes.map { "      # - {\(entry), type: text, bytes: \($0)\(nullable)}" }
        ?? "      # code it first, because no text may have more than 256 bytes")
    guard let counts = guess.counts else { return left }
    let common = counts.filter { $0.value >= StudyDraft.rareLimit && $0.key.utf8.count <= 64 }.keys.sorted()
    guard !common.isEmpty, common.count <= ColumnGuess.mostLabels else {
      return left
    }
    let rare = counts.count - common.count
    let hint = rare > 0 ? "  # \(rare) rarer value\(rare == 1 ? "" : "s") not written here; add by hand" : ""
    return [
      "      - {\(entry), type: category, values: [\(common.map(quoted).joined(separator: ", "))]\(nullable)}\(hint)"
    ]
  }

  private func tail(_ headers: [String], _ columns: [ColumnGuess]) -> [String] {
    [
      "# Whatever a query selects is published to the recipients; nothing else is.",
      "queries:",
      "  - name: overall",
      "    sql: |",
      "      SELECT COUNT(*) AS row_count",
      "      FROM \(Self.tableName)",
      "",
      "security:",
      "  protocol: replicated",
      "  adversary: semi-honest  # no party deviates from the protocol, and no two computing parties work together",
      "",
      "release:",
      "  minimum-cell: 5  # counts below are withheld, with what would give them away",
      "  recipients: [\(files.map { quoted($0.holder) }.joined(separator: ", "))]",
      "",
      "patience: 60s  # a link may be down this long",
      "require-signatures: true",
    ]
  }

  // MARK: Text

  private func identifier(_ header: String, _ taken: inout Set<String>) -> String {
    var name = String(
      header.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }.prefix(48))
    if name.isEmpty || name.first?.isNumber == true || name.allSatisfy({ $0 == "_" }) { name = "c_" + name }
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

  private func number(_ value: Double) -> String { String(Int64(value)) }

  /// A double-quoted YAML text.
  private func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      default:
        if scalar.value < 32 || scalar.value == 127 || (0x80...0x9f).contains(scalar.value)
          || scalar.value == 0x2028 || scalar.value == 0x2029
        {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }
}
