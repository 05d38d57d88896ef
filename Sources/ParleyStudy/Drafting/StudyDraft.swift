import Foundation
public import ParleyBase

/// Drafts a study file from holders' CSV files: types and ranges to review, places to fill in.
///
/// A draft may travel to people who must not see the data, so it holds no cell of it except the labels of
/// categories, and of those only the ones that occur in ``rareLimit`` rows or more; ranges are rounded outwards to
/// round numbers. It says so at its head.
public enum StudyDraft {
  /// Labels in fewer rows are left for the author to add by hand.
  public static let rareLimit = 5

  /// The text of a study file with one table; each file becomes a holder of it, named after the file.
  public static func from(_ files: [String]) throws(ParleyError) -> String {
    guard !files.isEmpty else {
      throw ParleyError(.usage, "no data file was named", remedy: "name one: parley study init --from a.csv")
    }
    var guesses: [FileGuess] = []
    for path in files { guesses.append(try FileGuess(path: path)) }
    var names: Set<String> = []
    for position in guesses.indices {
      var name = guesses[position].holder
      var number = 2
      while names.contains(name.lowercased()) {
        name = "\(guesses[position].holder)-\(number)"
        number += 1
      }
      names.insert(name.lowercased())
      guesses[position].holder = name
    }
    return try DraftWriter(files: guesses).text()
  }
}

/// What one file looks like.
struct FileGuess {
  let path: String
  var holder: String
  var delimiter = CSVDialect.Delimiter.comma
  var headers: [String] = []
  var columns: [ColumnGuess] = []
  var rows = 0

  init(path: String) throws(ParleyError) {
    self.path = path
    let base = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    let plain = base.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") ? $0 : "-" }
    let name = String(plain.drop { $0 == "-" }.prefix(48))
    holder = name.isEmpty ? "holder" : name
    let source: FileSource
    let sniffer: FileSource
    do {
      sniffer = try FileSource(path: path)
      source = try FileSource(path: path)
    } catch {
      throw error.inWords(file: path)
    }
    delimiter = Self.delimiter(of: sniffer)
    do throws(CSVRecords.Failure) {
      try read(CSVRecords(source, delimiter: delimiter.byte, fieldLimit: HolderCSV.columnLimit))
    } catch {
      throw CSVFailureText.error(error, file: path, dialect: CSVDialect(delimiter: delimiter))
    }
    guard !headers.isEmpty, rows > 0 else {
      throw ParleyError(
        .dataEmpty, headers.isEmpty ? "the file is empty" : "the file has a header but no rows",
        at: .init(file: path, line: 1), remedy: "name a file with column names and some rows")
    }
    var seen: Set<String> = []
    for header in headers where !seen.insert(header).inserted && !header.isEmpty {
      throw ParleyError(
        .dataDuplicateHeader, "two columns are called '\(header)'", at: .init(file: path, line: 1),
        remedy: "rename or remove one of them in the file")
    }
  }

  private mutating func read(_ records: CSVRecords) throws(CSVRecords.Failure) {
    guard try records.advance(), !records.isBlank else { return }
    headers = (0..<records.fields.count).map {
      records.text($0).trimmingCharacters(in: CharacterSet(charactersIn: " \t"))
    }
    records.keptFields = headers.count
    columns = Array(repeating: ColumnGuess(), count: headers.count)
    while try records.advance() {
      if records.isBlank, headers.count > 1 { continue }
      rows += 1
      for index in 0..<min(records.fields.count, headers.count) {
        let isQuoted = records.fields[index].isQuoted
        records.withField(index) { columns[index].add($0, isQuoted: isQuoted) }
      }
    }
  }

  /// The candidate that occurs most in the first line, outside of quotes.
  private static func delimiter(of source: FileSource) -> CSVDialect.Delimiter {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = buffer.withUnsafeMutableBufferPointer { (try? source.read(into: $0)) ?? 0 }
    var counts: [UInt8: Int] = [:]
    var inQuotes = false
    for byte in buffer[..<count] {
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

  /// Numbers of this file are written with a decimal comma.
  var hasDecimalComma: Bool {
    delimiter != .comma
      && columns.contains { $0.values > 0 && $0.comma.fits && !$0.point.fits && $0.comma.scale > 0 }
  }
}
