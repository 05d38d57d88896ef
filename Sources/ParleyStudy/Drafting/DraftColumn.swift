import Foundation
import ParleyBase

/// One column of a draft: what all files say of it, and the lines that declare it.
struct DraftColumn {
  /// SQL name.
  let name: String
  /// In the first file.
  let header: String
  /// What each file calls it.
  let headers: [String]
  let files: [FileGuess]
  let guesses: [ColumnGuess]
  let merged: ColumnGuess
  let form: NumberForm
  /// Layout of dates in each file.
  private let formats: [String]

  init(name: String, header: String, files: [FileGuess], places: [Int], formats: [String]) {
    self.name = name
    self.header = header
    self.files = files
    self.formats = formats
    headers = zip(files, places).map { $0.headers[$1] }
    guesses = zip(files, places).map { $0.columns[$1] }
    form = files[0].form
    var merged = guesses[0]
    for (file, guess) in zip(files, guesses).dropFirst() {
      merged.merge(guess, ownForm: files[0].form, otherForm: file.form)
    }
    self.merged = merged
  }

  /// Marks for no value that the draft declares, of all columns.
  var tableNulls: Set<String> = []
  /// Numbers that often stand for no value and are values of other columns.
  var valuesElsewhere: Set<String> = []
  var isNullable: Bool {
    if !nullsSeen.isEmpty { return true }
    return tableNulls.contains(where: mayHold)
  }
  /// Whether what another column writes for no value may be a value of this one.
  private func mayHold(_ mark: String) -> Bool {
    let bytes = Array(mark.utf8)
    if let counts = merged.counts { return counts[bytes] != nil }
    // These mean no value in every column: this one would have been seen to have it.
    let isCertain = bytes.withUnsafeBufferPointer {
      let text = CellParser.trimmed($0)
      return text.isEmpty || MissingMark.isCertain(text)
    }
    if isCertain { return false }
    guard let words = merged.words else { return kind == .text }
    return words[bytes] != nil
  }
  var nullsSeen: Set<String> {
    guard kind == .text else { return merged.nullsSeen.union(marks) }
    return merged.nullsSeen.union(merged.paddedNulls.filter { TextRules.forbidden(in: $0, .data) == nil })
  }

  enum Kind {
    case empty, shortened, boolean, date, timestamp, number, category, text
    /// Numbers, dates or times, and words that nobody knows the meaning of.
    case mixed
    /// With characters in its name or its labels that no study file can have.
    case hidden
  }

  /// Columns with more different numbers than this hold no codes.
  private static let mostCodes = 6

  /// Words of a column that is otherwise of numbers or dates, which are taken for no value.
  private var marks: Set<String> {
    switch cells {
    case .boolean, .date, .timestamp, .number:
      Set((merged.words ?? [:]).keys.map { String(decoding: $0, as: UTF8.self) }.filter { !isTruth($0) })
    case .empty, .shortened, .category, .text, .mixed, .hidden: []
    }
  }

  private func isTruth(_ word: String) -> Bool {
    CSVDialect().trues.contains(word) || CSVDialect().falses.contains(word)
  }

  /// What stands for no value may be written down where it is in public use, or in as many rows as a label.
  private var wordsMayBeMarks: Bool {
    guard let words = merged.words else { return false }
    return words.allSatisfy { word, count in
      word.withUnsafeBufferPointer { MissingMark.isLikely($0) }
        || count >= StudyDraft.rareLimit && count < merged.plainValues && !mayBeCodes
    }
  }

  var mayBeCodes: Bool {
    merged.counts.map { $0.count - (merged.words?.count ?? 0) <= Self.mostCodes } ?? false
  }

  var kind: Kind { hidden == nil ? cells : .hidden }

  /// What holds a character that no study file can have, the character, and the file.
  private var hidden: (what: String, character: String, path: String)? {
    for (file, header) in zip(files, headers) {
      if let character = TextRules.forbidden(in: header, .data) { return ("its name", character, file.path) }
    }
    let isCategory = cells == .category
    let written = isCategory ? Set(merged.commonLabels ?? []) : marks
    for text in written.sorted() {
      guard let character = TextRules.forbidden(in: text, .data) else { continue }
      let holds = zip(files, guesses).first { file, guess in
        guess.counts?[Array(text.utf8)] != nil || guess.words?[Array(text.utf8)] != nil
      }
      return (
        isCategory ? "one of its values" : "what stands for no value", character, (holds?.0 ?? files[0]).path
      )
    }
    return nil
  }

  /// Of what stands in its cells.
  private var cells: Kind {
    if merged.values == 0 { return .empty }
    if merged.shortened > 0 { return .shortened }
    if merged.isTrueFalse || merged.isZeroOne { return .boolean }
    if let plain = plainKind {
      if merged.words?.isEmpty == true || wordsMayBeMarks { return plain }
      if !mayBeCodes { return .mixed }
    }
    if let labels = merged.commonLabels, !labels.isEmpty, !areNames(labels) { return .category }
    return .text
  }

  /// Whether frequent labels look like names of people, cases or accounts, which no draft may hold.
  private func areNames(_ labels: [String]) -> Bool {
    PersonNames.areNames(labels, different: merged.counts?.count ?? labels.count, headers: headers)
  }

  /// Of the cells that are no words; nil where they are not all alike, or there are none.
  private var plainKind: Kind? {
    guard merged.plainValues > 0 else { return nil }
    if zip(guesses, formats).allSatisfy({ $0.plainValues == 0 || $0.dates.contains($1) }) { return .date }
    if zip(guesses, formats).allSatisfy({ $0.plainValues == 0 || $0.times.contains($1) }) { return .timestamp }
    let isName = merged.longNumbers > 0 || merged.leadingZeros > 0
    return !isName && merged.numbers[form]?.fits == true ? .number : nil
  }

  /// False where the draft only mentions the column.
  var isDeclared: Bool {
    switch kind {
    case .empty, .shortened, .mixed, .hidden: false
    case .text: merged.longNumbers > 0 || merged.leadingZeros > 0
    case .boolean, .date, .timestamp, .number, .category: true
    }
  }

  /// Whether the draft has a line that declares it, if only as a comment.
  var isOffered: Bool { lines().contains { $0.contains("- {name: ") } }

  /// Whether the study has to know the layout of its cells.
  var hasDates: Bool { kind == .date || kind == .timestamp }

  // MARK: Categories

  /// For each file, what its labels probably mean.
  var maps: [[String: String]] { match().maps }

  private func match() -> (values: [String], maps: [[String: String]], strangers: [String]) {
    guard kind == .category, let common = merged.commonLabels?.filter({ !tableNulls.contains($0) }) else {
      return ([], guesses.map { _ in [:] }, [])
    }
    var values: [String] = []
    var maps: [[String: String]] = []
    var strangers: [String] = []
    for (file, guess) in zip(files, guesses) {
      let labels = common.filter { guess.counts?[Array($0.utf8)] != nil }
      guard !values.isEmpty else {
        values = labels
        maps.append([:])
        continue
      }
      let map = LabelMatch.map(labels, to: values)
      let new = labels.filter { map[$0] == nil && !values.contains($0) }
      if !new.isEmpty { strangers.append(file.holder) }
      values += new
      maps.append(map)
    }
    return (values, maps, strangers)
  }

  // MARK: Lines

  func lines() -> [String] {
    var entry = "name: \(YAMLWord.quoted(name))"
    if name != header { entry += ", header: \(YAMLWord.quoted(header))" }
    let nullable = isNullable ? ", nullable: true" : ""
    let marked = marks.filter { !MissingMark.certain.contains($0) }.sorted().map { "\"\(YAMLWord.escaped($0))\"" }
    let markNote = marked.isEmpty ? [] : ["\(marked.joined(separator: ", ")) taken for no value"]
    let shown = YAMLWord.escaped(header)
    switch kind {
    case .empty: return ["      # '\(shown)' has no values and is left out"]
    case .shortened:
      return [
        "      # '\(shown)' has \(merged.shortened) numbers of which a spreadsheet has left digits out, such as 1.23457E+14; it is left",
        "      # out, because different numbers are written alike. Export it again, as text.",
      ]
    case .hidden:
      guard let hidden else { return [] }
      return [
        "      # '\(shown)' is left out: \(hidden.what) in \(YAMLWord.escaped(hidden.path)) has the character \(hidden.character), which no",
        "      # study can name, because readers would not see it. Change it in the file, and draft again.",
      ]
    case .boolean:
      let hint = merged.isZeroOne ? ["or category with values [\"0\", \"1\"] and labels"] : []
      return ["      - {\(entry), type: bool\(nullable)}\(comment(hint + markNote))"]
    case .mixed:
      let count = merged.values - merged.plainValues
      return [
        "      # '\(shown)' has \(plainKind == .number ? "numbers" : "dates") and \(count) cell\(count == 1 ? " that is a word" : "s that are words"); it is left out. Correct them, or find",
        "      # out what they mean: words under \"null\" of csv mean that there is no value.",
      ]
    case .date, .timestamp: return time(entry, nullable, markNote)
    case .number: return number(entry, nullable, markNote)
    case .category: return category(entry, nullable)
    case .text: return text(entry, nullable)
    }
  }

  private func time(_ entry: String, _ nullable: String, _ markNote: [String]) -> [String] {
    let (first, last) = RoundBounds.decades(
      first: merged.firstDay - (kind == .timestamp ? 1 : 0), last: merged.lastDay + (kind == .timestamp ? 1 : 0))
    var notes = markNote
    let unsure = zip(guesses, formats).contains { guess, format in
      guess.plainValues > 0 && (kind == .date ? guess.dates : guess.times).count > 1
    }
    if unsure { notes.append("day or month first? No day is above 12") }
    guard kind == .timestamp else {
      return ["      - {\(entry), type: date, range: [\(first), \(last)]\(nullable)}\(comment(notes))"]
    }
    if merged.timesWithoutZone > 0 {
      notes.append("without a zone: taken as UTC unless 'csv' says zone: Europe/Berlin or so")
    }
    let rounding = merged.hasPartsOfSeconds ? ", rounding: nearest" : ""
    return [
      "      - {\(entry), type: timestamp, range: [\(first), \(last)]\(rounding)\(nullable)}\(comment(notes))"
    ]
  }

  func comment(_ notes: [String]) -> String { notes.isEmpty ? "" : "  # \(notes.joined(separator: "; "))" }

  private func category(_ entry: String, _ nullable: String) -> [String] {
    let (values, _, strangers) = match()
    let common = Set(merged.commonLabels ?? [])
    let rare = (merged.counts ?? [:]).keys.count {
      let label = String(decoding: $0, as: UTF8.self)
      return !common.contains(label) && !tableNulls.contains(label)
    }
    var all = values
    var others = ""
    var notes: [String] = []
    if rare > 0 {
      var name = "other"
      while all.contains(where: { $0.lowercased() == name }) { name = "(\(name))" }
      all.append(name)
      others = ", others: \(YAMLWord.quoted(name))"
      notes.append(
        "\(rare) rarer value\(rare == 1 ? "" : "s") not written here: whatever is not listed counts as \(YAMLWord.quoted(name))"
      )
    }
    if !strangers.isEmpty {
      let names = strangers.map(YAMLWord.escaped).joined(separator: ", ")
      notes.append(
        "\(names) has labels that the files before it do not have: another spelling? Then csv-by-holder maps it")
    }
    let list = all.map(YAMLWord.quoted).joined(separator: ", ")
    return ["      - {\(entry), type: category, values: [\(list)]\(others)\(nullable)}\(comment(notes))"]
  }

  var hasOddCells: Bool { oddLines != nil }

  /// What keeps a column of numbers or dates out of the draft and can be corrected in the file; nil for others.
  var fault: String? {
    guard kind == .mixed || kind == .shortened || kind == .text && !isDeclared && hasOddCells else { return nil }
    return lines().map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " #")) }.joined(separator: " ")
  }

  /// Where nearly all cells are numbers, or dates: which are not, and in which lines. Nil for a text.
  private var oddLines: [String]? {
    let odd = zip(files, guesses).compactMap { file, guess in guess.odd.map { (file, $0) } }
    guard let (_, first) = odd.first,
      // What is a column of numbers but for some cells is one in all files.
      guesses.allSatisfy({ guess in
        if let own = guess.odd { return own.kind.isNumber == first.kind.isNumber }
        return guess.plainValues == 0
          || (first.kind.isNumber
            ? guess.numbers.values.contains { $0.fits } : !guess.dates.isEmpty || !guess.times.isEmpty)
      })
    else { return nil }
    let path = { (file: FileGuess) in YAMLWord.escaped(file.path) }
    return [
      "      # '\(YAMLWord.escaped(header))' is left out until these cells are like the others of the column:"
    ]
      + odd.map { "      # \(path($0.0)): \($0.1.words)" }
  }

  private func text(_ entry: String, _ nullable: String) -> [String] {
    // A power of two above the longest value says little about it.
    let bytes = [16, 32, 64, 128, 256].first { $0 > merged.longest }
    let isName = merged.longNumbers > 0 || merged.leadingZeros > 0
    if isName, let bytes {
      let why = merged.leadingZeros > 0 ? "numbers with zeros before them" : "numbers of many digits"
      return [
        "      - {\(entry), type: text, bytes: \(bytes)\(nullable)}  # \(why): names of something, not amounts"
      ]
    }
    if let odd = oddLines { return odd }
    let reason =
      merged.commonLabels.map { !$0.isEmpty && areNames($0) } == true
      ? "looks like names of people, cases or accounts: its values are not written here, and it is left out"
      : "is text with many different values and is left out"
    return [
      "      # '\(YAMLWord.escaped(header))' \(reason); if it is needed:",
      bytes.map {
        "      # - {\(entry), type: text, bytes: \($0)\(nullable)}  # where it names whom rows are about: protect: \(name)"
      }
        ?? "      # code it first, because no text may have more than 256 bytes",
    ]
  }
}
