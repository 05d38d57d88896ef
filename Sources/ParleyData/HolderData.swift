import Foundation
package import ParleyBase
package import ParleyProgram
package import ParleyStudy

/// Reads one holder's rows of one table from wherever they are, checks them wholly before anything is connected, and
/// says what is wrong in terms of the study.
///
/// Databases are read as if they had written a file: the same types, the same policy for bad rows, the same limits.
/// Line 1 of it holds the names of the columns. Memory: as ``HolderCSV``; nothing holds a second copy of the rows. What is refused, or bad
/// in more than a tenth of its rows, is read once more for each other holder whose files are written otherwise.
package enum HolderData {
  /// - Parameters:
  ///   - sqliteSteps: the most steps of SQLite before a row; nil for what suits every query that ends in good time.
  ///   - sqliteSeconds: the same in seconds of its work.
  package static func load(
    _ text: String, table: Study.Table, holder: String, sqliteSteps: Int? = nil, sqliteSeconds: Double? = nil
  ) throws(ParleyError) -> (data: TableData, report: CSVReport) {
    let place = try DataSource(text)
    func load(_ holder: String, _ allowsPipes: Bool = true) throws(ParleyError) -> (
      data: TableData, report: CSVReport
    ) {
      try read(place, table, holder, sqliteSteps, sqliteSeconds, allowsPipes: allowsPipes)
    }
    /// Another holder as whose file it is read without a bad row.
    func other() -> String? {
      guard !place.isRemote else { return nil }
      let own = table.dialect(of: holder)
      return table.schema.holders.first { other in
        guard other != holder, table.dialect(of: other) != own,  // public: how files write cells
          let found = try? load(other, false)
        else {
          return false
        }
        return found.report.rowsDropped + found.report.rowsNulled == 0 && found.report.rowsRead > 0
      }
    }
    let words = { (other: String) in
      "this file fits what the study says of the files of '\(other)', and not of '\(holder)': check whose it is"
    }
    do throws(ParleyError) {
      var found = try load(holder)
      let bad = found.report.rowsDropped + found.report.rowsNulled
      if bad * 10 > found.report.rowsRead, let other = other() { found.report.readings.append(words(other)) }
      return found
    } catch {
      guard error.code.category == "data", let other = other() else { throw error }
      var told = error
      told.remedy = words(other) + (error.remedy.map { "; otherwise: \($0)" } ?? "")
      throw told
    }
  }

  private static func read(
    _ place: DataSource, _ table: Study.Table, _ holder: String, _ sqliteSteps: Int?, _ sqliteSeconds: Double?,
    allowsPipes: Bool
  ) throws(ParleyError) -> (data: TableData, report: CSVReport) {
    var table = table
    let bytes: any ByteSource
    do throws(FileSource.Failure) {
      switch place {
      case .file(let path): bytes = try file(path, allowsPipes: allowsPipes)
      case .sqlite(let path, let selection):
        let null = "NULL-\(UUID().uuidString)"
        table.readsDatabase(null: null, of: holder, dates: table.dialect(of: holder).dateFormat)
        bytes = try sqlite(path, selection, null: null, steps: sqliteSteps, seconds: sqliteSeconds)
      case .postgreSQL(let url, let selection):
        let null = "NULL-\(UUID().uuidString)"
        table.readsDatabase(null: null, of: holder, dates: .iso)
        bytes = try PostgreSQLSource(url: url, sql: selection.sql, null: null)
      }
    } catch {
      throw error.inWords(file: place.name)
    }
    return try HolderCSV.load(bytes, file: place.name, table: table, holder: holder)
  }

  /// The bytes of a delimited file, decompressed, or of a table or query of a database; what has no value is an empty field.
  package static func open(_ text: String) throws(ParleyError) -> any ByteSource {
    let place = try DataSource(text)
    do throws(FileSource.Failure) {
      switch place {
      case .file(let path): return try file(path)
      case .sqlite(let path, let selection): return try sqlite(path, selection, null: "")
      case .postgreSQL(let url, let selection): return try PostgreSQLSource(url: url, sql: selection.sql, null: "")
      }
    } catch { throw error.inWords(file: place.name) }
  }

  private static func file(
    _ path: String, allowsPipes: Bool = true
  ) throws(FileSource.Failure) -> any ByteSource {
    let source = try FileSource(path: path, allowsPipes: allowsPipes)
    let isGzip = source.begins(with: [0x1f, 0x8b])
    if source.begins(with: Array("SQLite format 3\0".utf8)) {
      throw FileSource.Failure(
        reason: "the file is an SQLite database", code: .init("data/database"),
        remedy:
          "name a table of it, as in 'sqlite:\(path)?table=NAME', or write a query, as in 'sqlite:\(path)?query=SELECT …'"
      )
    }
    if path.hasSuffix(".gz"), !isGzip, source.isRegular {
      throw FileSource.Failure(
        reason: "the file is named .gz and is not compressed with gzip", code: .init("data/gzip"),
        remedy: "give it the name of what it is, such as .csv, or compress it with gzip")
    }
    guard path.hasSuffix(".gz") || isGzip else { return source }
    #if Gzip
      return try GzipSource(source)
    #else
      throw FileSource.Failure(
        reason: "this build does not read gzip", code: .init("data/unsupported"),
        remedy: "decompress it with gunzip, or build with the trait Gzip")
    #endif
  }

  private static func sqlite(
    _ path: String, _ selection: DataSource.Selection, null: String, steps: Int? = nil, seconds: Double? = nil
  ) throws(FileSource.Failure) -> any ByteSource {
    #if SQLite
      return try SQLiteSource(
        path: path, sql: selection.sql, null: null, mostSteps: steps ?? SQLiteSource.mostSteps,
        mostSeconds: seconds ?? SQLiteSource.mostSeconds)
    #else
      throw FileSource.Failure(
        reason: "this build does not read SQLite", code: .init("data/unsupported"),
        remedy: "export the table as CSV, or build with the trait SQLite")
    #endif
  }
}

extension DataSource {
  /// Another one reads it for this program.
  fileprivate var isRemote: Bool { if case .postgreSQL = self { true } else { false } }
}

extension Study.Table {
  /// Databases name their columns, write numbers with a point and say apart what has no value; what the holder's files
  /// spell as missing stays missing.
  fileprivate mutating func readsDatabase(null: String, of holder: String, dates: DateFormat) {
    let base = dialect(of: holder)
    var names = base.columns
    // Numbers of fields are no names.
    if !base.hasHeader { names = names.filter { Int($0.value) == nil } }
    dialects[holder] = CSVDialect(
      nulls: base.nulls + [null], trues: base.trues + ["t"], falses: base.falses + ["f"], dateFormat: dates,
      zone: base.zone, columns: names, values: base.values)
    guard !base.hasHeader else { return }
    for index in columns.indices where Int(columns[index].header) != nil {
      columns[index].header = schema.columns[index].name
    }
  }
}

/// Writes rows as delimited text, the way they are read again.
struct RowWriter {
  private(set) var bytes: [UInt8] = []
  private var position = 0
  private var isAtBeginning = true

  var isEmpty: Bool { position == bytes.count }

  mutating func field(_ text: some Collection<UInt8>, isQuoted: Bool) {
    if !isAtBeginning { bytes.append(UInt8(ascii: ",")) }
    isAtBeginning = false
    guard isQuoted else {
      bytes += text
      return
    }
    let quote = UInt8(ascii: "\"")
    bytes.append(quote)
    for byte in text {
      if byte == quote { bytes.append(quote) }
      bytes.append(byte)
    }
    bytes.append(quote)
  }

  mutating func endRow() {
    bytes.append(UInt8(ascii: "\n"))
    isAtBeginning = true
  }

  /// Hands out what was written and not yet handed out, as far as there is room.
  mutating func take(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
    let count = min(buffer.count, bytes.count - position)
    _ = buffer.update(fromContentsOf: bytes[position..<position + count])
    position += count
    if position == bytes.count {
      bytes.removeAll(keepingCapacity: true)
      position = 0
    }
    return count
  }
}
