public import ParleyBase

extension ParleyError.Code {
  /// A file that cannot be read.
  public static let dataUnreadable = Self("data/unreadable")
  /// Not UTF-8, or not text at all.
  public static let dataEncoding = Self("data/encoding")
  /// Quotes or line ends that no dialect has.
  public static let dataSyntax = Self("data/syntax")
  /// A file of which no column can be drafted.
  public static let dataNoColumns = Self("data/no-columns")
  /// A file without a header, or without a row that can be used.
  public static let dataEmpty = Self("data/empty")
  /// Two columns of one name.
  public static let dataDuplicateHeader = Self("data/duplicate-header")
  /// A column of the study that the file does not have.
  public static let dataMissingColumn = Self("data/missing-column")
  /// More columns, longer records than any table has.
  public static let dataLimit = Self("data/limit")
  /// More rows than the study allows.
  public static let dataTooManyRows = Self("data/too-many-rows")
  /// A row with more or fewer fields than the header.
  public static let dataFieldCount = Self("data/field-count")
  /// A cell that is not of its column's type.
  public static let dataType = Self("data/type")
  /// A cell outside of its column's declared range.
  public static let dataRange = Self("data/range")
  /// A cell without value in a column that is not nullable.
  public static let dataNull = Self("data/null")
  /// Stands for the bad rows that are not listed.
  public static let dataBadRows = Self("data/bad-rows")
}

/// Structural failures of a file in words.
enum CSVFailureText {
  static func error(_ failure: CSVRecords.Failure, file: String, dialect: CSVDialect) -> ParleyError {
    func error(
      _ code: ParleyError.Code, _ message: String, _ line: Int?, _ column: Int? = nil, _ remedy: String
    ) -> ParleyError {
      ParleyError(code, message, at: .init(file: file, line: line, column: column), remedy: remedy)
    }
    switch failure {
    case .unreadable(let failure):
      return error(
        failure.code, failure.code == .dataUnreadable ? "reading failed: \(failure.reason)" : failure.reason, nil,
        nil, failure.remedy ?? "check the disk and try again")
    case .utf16:
      return error(
        .dataEncoding, "the file is UTF-16 text", 1, nil, "save it as 'CSV UTF-8'")
    case .notUTF8(let line, let byte):
      return error(
        .dataEncoding, "the file is not UTF-8 text: byte \(byte) cannot be read", line, nil,
        "save it as 'CSV UTF-8', or convert it: iconv -f WINDOWS-1252 -t UTF-8")
    case .nulByte(let line, let column):
      return error(
        .dataEncoding, "the file holds a zero byte, so it is not text", line, column,
        "export it as CSV text; a spreadsheet file must be saved as CSV first")
    case .quoteInside(let line, let column):
      return error(
        .dataSyntax, "a quote stands inside a field that does not begin with one", line, column,
        "put the whole field in quotes and double the quotes inside it")
    case .afterQuote(let line, let column):
      return error(
        .dataSyntax,
        "a closing quote is followed by something else than '\(dialect.delimiter.word)' or the line's end",
        line, column, "double quotes inside a quoted field; check 'delimiter' under 'csv' in the study")
    case .carriageReturn(let line, let column):
      return error(
        .dataSyntax, "a carriage return stands without line feed", line, column,
        "save the file with line ends LF or CRLF, or put the field in quotes")
    case .openQuote(let line):
      return error(
        .dataSyntax, "the quote opened on this line is never closed", line, nil,
        "close it, or double it if it belongs to the text")
    case .recordTooLong(let line):
      return error(
        .dataLimit, "the row that begins here is longer than \(CSVRecords.recordLimit >> 20) MiB", line, nil,
        "look for a quote that is never closed, and for line ends other than LF and CRLF")
    case .tooManyFields(let line):
      return error(
        .dataLimit, "the row has more than \(HolderCSV.columnLimit) columns", line, nil,
        "keep the columns that the study names; check 'delimiter' under 'csv' in the study")
    }
  }
}
