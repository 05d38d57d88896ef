import Foundation
import ParleyBase
import ParleyProgram

/// What one file looks like.
struct FileGuess {
  let path: String
  var holder: String
  var delimiter = CSVDialect.Delimiter.comma
  /// How its numbers are written.
  var form = NumberForm(decimalMark: .point)
  var headers: [String] = []
  var columns: [ColumnGuess] = []
  var rows = 0
  /// Most rows that are looked at, and blank lines between them.
  static let mostRows = 10_000_000
  static let mostBlankLines = 1_000_000
  private var blankLines = 0
  private var beginsBlank = false
  /// Rows with more or fewer fields than there are names.
  private var oddRows = 0
  /// Of the first few.
  private var oddLines: [Int] = []
  private static let listedLines = 5

  /// - Parameter open: gives the bytes of the file, as often as it is asked.
  init(path: String, open: StudyDraft.Open) throws(ParleyError) {
    self.path = path
    // `sqlite:FILE?table=NAME` is called by its file.
    let isDatabase = path.hasPrefix("sqlite:")
    var file = URL(
      fileURLWithPath: isDatabase ? String(path.dropFirst("sqlite:".count).prefix { $0 != "?" }) : path)
    if file.pathExtension == "gz" { file.deletePathExtension() }
    let base = file.deletingPathExtension().lastPathComponent
    let plain = base.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") ? $0 : "-" }
    let name = String(plain.drop { $0 == "-" }.prefix(48))
    holder = name.isEmpty ? "holder" : name
    delimiter = Self.delimiter(of: try open(path))
    do throws(CSVRecords.Failure) {
      try read(
        CSVRecords(try Self.source(path, open), delimiter: delimiter.byte, fieldLimit: HolderCSV.columnLimit))
    } catch {
      throw CSVFailureText.error(error, file: path, dialect: CSVDialect(delimiter: delimiter))
    }
    guard !headers.isEmpty else {
      throw ParleyError(
        .dataEmpty, beginsBlank ? "the first line is blank" : "the file is empty", at: .init(file: path, line: 1),
        remedy: beginsBlank
          ? "remove blank lines before the one with the column names"
          : "name a file with column names and some rows")
    }
    guard rows <= Self.mostRows, blankLines <= Self.mostBlankLines else {
      throw ParleyError(
        .dataLimit,
        rows > Self.mostRows
          ? "the file has more than \(Self.mostRows) rows"
          : "the file has more than \(Self.mostBlankLines) blank lines",
        at: .init(file: path),
        remedy: "name a file with a part of its rows, and correct 'maximum-rows' and the ranges of the draft")
    }
    guard oddRows * 2 <= rows else {
      throw ParleyError(
        .dataFieldCount, "\(oddRows) of \(rows) rows have another number of fields than the first line has names",
        at: .init(file: path, line: 1),
        remedy: "name a file of which the first line names the columns, one row a line")
    }
    if let problem = HeaderCheck.problem(headers, columns) {
      throw ParleyError(
        .dataMissingColumn, problem.message, at: .init(file: path, line: 1), remedy: problem.remedy)
    }
    var seen: Set<ExactText> = []
    for header in headers where !seen.insert(ExactText(header)).inserted && !header.isEmpty {
      throw ParleyError(
        .dataDuplicateHeader, "two columns are called '\(header)'", at: .init(file: path, line: 1),
        remedy: "rename or remove one of them in the file")
    }
    form = numberForm
    try findOddCells(open)
  }

  /// Reads the file once more where a column is nearly one of numbers or dates: which cells are not.
  private mutating func findOddCells(_ open: StudyDraft.Open) throws(ParleyError) {
    let places = columns.indices.filter { columns[$0].mayHaveOddCells }
    guard !places.isEmpty else { return }
    var searches = places.map { _ in OddCellSearch() }
    do throws(CSVRecords.Failure) {
      let records = CSVRecords(
        try Self.source(path, open), delimiter: delimiter.byte, fieldLimit: HolderCSV.columnLimit)
      guard try records.advance() else { return }
      records.keptFields = headers.count
      while try records.advance() {
        for (index, place) in places.enumerated() where place < records.fields.count {
          records.withField(place) { searches[index].add($0, line: records.line) }
        }
      }
    } catch {
      throw CSVFailureText.error(error, file: path, dialect: CSVDialect(delimiter: delimiter))
    }
    for (index, place) in places.enumerated() { columns[place].odd = searches[index].found }
  }

  private static func source(_ path: String, _ open: StudyDraft.Open) throws(CSVRecords.Failure) -> any ByteSource
  {
    do { return try open(path) } catch { throw .unreadable(.init(reason: error.message, code: error.code)) }
  }

  private mutating func read(_ records: CSVRecords) throws(CSVRecords.Failure) {
    guard try records.advance() else { return }
    beginsBlank = records.isBlank
    guard !beginsBlank else { return }
    headers = (0..<records.fields.count).map {
      records.text($0).trimmingCharacters(in: CharacterSet(charactersIn: " \t"))
    }
    records.keptFields = headers.count
    columns = Array(repeating: ColumnGuess(), count: headers.count)
    while try records.advance() {
      if records.isBlank, headers.count > 1 {
        blankLines += 1
        if blankLines > Self.mostBlankLines { return }
        continue
      }
      rows += 1
      if rows > Self.mostRows { return }
      if records.fieldCount != headers.count {
        oddRows += 1
        if oddLines.count < Self.listedLines { oddLines.append(records.line) }
      }
      for index in 0..<min(records.fields.count, headers.count) {
        records.withField(index) { columns[index].add($0) }
      }
    }
  }

  /// The candidate that occurs most in the first line, outside of quotes.
  private static func delimiter(of source: any ByteSource) -> CSVDialect.Delimiter {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = buffer.withUnsafeMutableBufferPointer { (try? source.read(into: $0)) ?? 0 }
    let bytes = buffer[..<count].drop { [0xef, 0xbb, 0xbf].contains($0) }
    if let stated = bytes.withUnsafeBufferPointer({ CSVRecords.separatorLine($0) }) { return stated.delimiter }
    var counts: [UInt8: Int] = [:]
    var inQuotes = false
    for byte in bytes {
      if byte == UInt8(ascii: "\"") { inQuotes.toggle() }
      if byte == UInt8(ascii: "\n"), !inQuotes { break }
      if !inQuotes { counts[byte, default: 0] += 1 }
    }
    var best = CSVDialect.Delimiter.comma
    for candidate in CSVDialect.Delimiter.allCases
    where counts[candidate.byte, default: 0] > counts[best.byte, default: 0] {
      best = candidate
    }
    return best
  }

  /// The likeliest of the forms in which most columns are numbers.
  private var numberForm: NumberForm {
    var best = (form: NumberForm.all[0], count: -1)
    for form in NumberForm.all {
      let count = columns.count { $0.values > 0 && $0.numbers[form]?.fits == true }
      if count > best.count { best = (form, count) }
    }
    return best.form
  }

  /// Rows that cannot be used as they are, and what to do about them.
  var oddRowWords: String? {
    guard oddRows > 0 else { return nil }
    let isOne = oddRows == 1
    let lines = oddLines.map(String.init).joined(separator: ", ") + (oddRows > oddLines.count ? ", …" : "")
    return
      "\(counted(oddRows, "row")) \(isOne ? "has" : "have") another number of fields than the first line has names, in line\(isOne ? "" : "s") \(lines): bad rows, with which a run is refused; "
      + "correct \(isOne ? "it" : "them") (a field that holds '\(delimiter.word)' stands in quotes), or write bad-rows: drop"
  }

  /// The place of the column that another file calls `header`: by the same name, or by the only one that is alike.
  func place(of header: String) -> Int? {
    if let place = headers.firstIndex(where: { ExactText($0) == ExactText(header) }) { return place }
    let alike = headers.indices.filter { LabelMatch.folded(headers[$0]) == LabelMatch.folded(header) }
    return alike.count == 1 ? alike[0] : nil
  }
}
