import ParleyBase
import ParleyProgram

extension CellParser.Fault {
  /// Whether the cell has no value, or what seems to be a mark for that.
  var isLackOfValue: Bool {
    switch self {
    case .empty, .missing: true
    default: false
    }
  }

  var code: ParleyError.Code {
    switch self {
    case .outOfRange: .dataRange
    case .empty: .dataNull
    default: .dataType
    }
  }

  /// What is wrong, in terms of the declaration alone.
  func words(_ column: ColumnSchema, _ dialect: CSVDialect) -> String {
    switch self {
    case .notANumber:
      if case .decimal = column.type { return "not a number (decimal mark '\(dialect.decimalMark.rawValue)')" }
      return "not a whole number"
    case .thousands:
      let marks = dialect.thousandsMark.map { "'\($0.rawValue)' between thousands" } ?? "nothing between thousands"
      return
        "a number with other marks than are declared (decimal mark '\(dialect.decimalMark.rawValue)', \(marks))"
    case .shortened:
      return "a number of which a spreadsheet has left digits out, such as 1.23457E+14 or 1.00E+06"
    case .tooPrecise:
      if case .decimal(let scale, _) = column.type { return "more than \(scale) decimals" }
      if case .timestamp = column.type { return "a part of a second" }
      return "not a whole number"
    case .outOfRange: return "outside of the declared range \(column.type.rangeText)"
    case .notABoolean: return "none of the spellings of true and false"
    case .notADate(.noSuchDay), .notATimestamp(.noSuchDay): return "a day that the calendar does not have"
    case .notADate(.shortYear), .notATimestamp(.shortYear): return "a date whose year has two digits"
    case .notADate(.hasTime): return "a time of a day, in a column of dates"
    case .notADate(.badTime), .notATimestamp(.badTime):
      return "a date with something after it that is no time of the form hh:mm:ss"
    case .notADate: return "not a date of the form \(dialect.dateFormat)"
    case .notATimestamp: return "not a time of the form \(dialect.dateFormat) hh:mm:ss"
    case .missing(let mark): return "'\(mark)', which the study does not declare as a mark for no value"
    case .hourLeftOut: return "a time that clocks of \(dialect.zone?.description ?? "UTC") never showed"
    case .tooLong:
      if case .text(let bytes) = column.type { return "a text of more than \(bytes) bytes" }
      return "too long"
    case .zeroByte: return "a text with a zero byte"
    case .notACategory: return "none of the declared values"
    case .empty: return "no value, and the column is not nullable"
    }
  }

  /// What helps other than correcting the row or leaving it out; nil where nothing in the study does.
  ///
  /// - Parameter spellings: of the whole file. A study says how all dates and numbers of a holder are written, so that what most
  ///   cells need is advised, and a stray one is to be written like them.
  func remedy(_ column: ColumnSchema, _ dialect: CSVDialect, holder: String, _ spellings: Spellings) -> String? {
    switch self {
    case .thousands:
      if let form = spellings.numberForms.first {
        "say how \(holder) writes numbers: 'csv-by-holder: {\(holder): {\(form.words(after: dialect))}}'\(spellings.numberForms.dropFirst().map { ", or '\($0.words(after: dialect))' where the mark stands between thousands" }.joined())"
      } else {
        "write the number like the \(spellings.goodNumbers) of the file that have the declared marks"
      }
    case .shortened:
      "format the column as text in the spreadsheet before the rows are put in, and export it again; the file cannot tell the digits"
    case .tooPrecise:
      "write 'rounding: nearest' for column '\(column.name)' in the study"
    case .notACategory:
      "say what it means: 'csv-by-holder: {\(holder): {values: {\(column.name): {SPELLING: VALUE}}}}'"
    case .notABoolean:
      "say what it means: 'csv-by-holder: {\(holder): {values: {\(column.name): {SPELLING: true}}}}'"
    case .notADate(.layout), .notATimestamp(.layout):
      if let layout = spellings.layout {
        "say how \(holder) writes dates: 'csv-by-holder: {\(holder): {date: \(layout)}}'"
      } else {
        "write the date as \(dialect.dateFormat), like the \(counted(spellings.goodDates, "date")) of the file that \(spellings.goodDates == 1 ? "is" : "are") so"
      }
    case .notADate(.shortYear), .notATimestamp(.shortYear):
      "write years with four digits: give the column the format \(dialect.dateFormat) in the spreadsheet and export it again"
    case .notADate(.hasTime): "declare column '\(column.name)' as 'type: timestamp' in the study"
    case .notADate(.noSuchDay), .notATimestamp(.noSuchDay): nil
    case .notADate(.badTime):
      "write the date alone, or declare column '\(column.name)' as 'type: timestamp' in the study and write times as \(dialect.dateFormat) hh:mm:ss"
    case .notATimestamp(.badTime):
      "write times as hh:mm or hh:mm:ss, two digits each, and a zone behind them as Z (which is UTC), +02:00 or +0200; without one say 'zone' under 'csv-by-holder' of the study"
    case .notADate, .notATimestamp:
      "write dates as \(dialect.dateFormat), say with 'date' under 'csv-by-holder' of the study how \(holder) writes them"
    case .missing(let mark):
      "say that it means no value: 'csv-by-holder: {\(holder): {\"null\": [\((dialect.nulls + [mark]).map(YAMLWord.quoted).joined(separator: ", "))]}}'\(column.isNullable ? "" : " and 'nullable: true' for column '\(column.name)'")"
    case .hourLeftOut: "check 'zone' of \(holder) in the study"
    case .empty: "write 'nullable: true' for column '\(column.name)' in the study"
    case .outOfRange: "widen the range of column '\(column.name)' in the study"
    case .tooLong: "raise 'bytes' of column '\(column.name)' in the study"
    case .notANumber, .zeroByte: nil
    }
  }
}
