import ParleyBase
import ParleyProgram

/// Rows of a file that cannot be used, each kind of mistake once, with the lines it is on.
///
/// What helps is said when the file has been read: it depends on how the other cells are written.
struct BadRowKinds {
  /// What is wrong with a row.
  enum Kind: Hashable {
    /// - Parameter endsInDelimiter: what is too much is an empty field at the end.
    case fields(Int, expected: Int, endsInDelimiter: Bool)
    case cells([Cell])
  }
  struct Cell: Hashable {
    /// Index in the schema.
    var column: Int
    var fault: CellParser.Fault
  }
  struct Entry {
    var kind: Kind
    /// The first ones, ascending.
    var lines: [Int]
    var count = 1
  }

  private(set) var entries: [Entry] = []
  private var places: [Kind: Int] = [:]
  /// Rows of kinds that are not listed, because there are too many kinds.
  private(set) var unlisted = 0
  /// Lines that are named of one kind.
  static let listedLines = 6

  mutating func add(_ kind: Kind, line: Int) {
    if let place = places[kind] {
      entries[place].count += 1
      if entries[place].lines.count < Self.listedLines { entries[place].lines.append(line) }
    } else if entries.count < HolderCSV.listedKinds {
      places[kind] = entries.count
      entries.append(Entry(kind: kind, lines: [line]))
    } else {
      unlisted += 1
    }
  }
}

extension BadRowKinds.Entry {
  /// Which other rows are meant; empty for a single one.
  var others: String {
    guard count > 1 else { return "" }
    let rest = lines.dropFirst().map(String.init).joined(separator: ", ")
    let word = count == 2 ? "row" : "rows"
    return
      " (and \(count - 1) more \(word) of this kind: line\(count == 2 ? "" : "s") \(rest)\(count > lines.count ? ", …" : ""))"
  }
}

/// Says what is wrong with rows of one holder's file, and what helps.
struct RowAdvice {
  let file: String
  let holder: String
  let columns: [ColumnSchema]
  /// What the columns are called for this holder: as in its file.
  let names: [String]
  let dialect: CSVDialect
  /// What happens to rows that cannot be used.
  let policy: Study.BadRows
  /// Names whom the table protects, so that it cannot be nullable.
  let unitColumn: String?
  let spellings: Spellings

  func error(_ entry: BadRowKinds.Entry) -> ParleyError {
    let code: ParleyError.Code
    let message: String
    var remedy: String?
    switch entry.kind {
    case .fields(let count, let expected, let endsInDelimiter):
      code = .dataFieldCount
      message =
        "\(counted(count, "field")) instead of \(expected)"
        + (endsInDelimiter ? ", with a delimiter at the end of the line" : "")
      remedy =
        endsInDelimiter
        ? "if every line ends so, write 'csv-by-holder: {\(holder): {trailing-delimiter: true}}' in the study"
        : count > expected ? "put a field that holds '\(dialect.delimiter.word)' in quotes" : nil
    case .cells(let cells):
      code = cells[0].fault.code
      let words = cells.prefix(5).map {
        "column \(names[$0.column]): \($0.fault.words(columns[$0.column], dialect))"
      }
      message = words.joined(separator: "; ") + (cells.count > 5 ? "; and \(cells.count - 5) more" : "")
      var remedies: [String] = []
      for cell in cells.prefix(5) {
        guard let next = help(cell), !remedies.contains(next) else { continue }
        remedies.append(next)
      }
      remedy = remedies.isEmpty ? nil : remedies.joined(separator: "; ")
      let areNullable = cells.allSatisfy { columns[$0.column].isNullable }
      if policy == .null, areNullable {
        return ParleyError(
          code, message + entry.others, at: .init(file: file, line: entry.lines[0]), remedy: remedy)
      }
      if policy == .refuse, areNullable {
        remedy = (remedy.map { $0 + ", " } ?? "") + "agree on 'bad-rows: null'"
      }
    }
    let rows = entry.count == 1 ? "row" : "rows"
    return ParleyError(
      code, message + entry.others, at: .init(file: file, line: entry.lines[0]),
      remedy: policy == .drop
        ? "correct the \(rows)" + (remedy.map { ", or \($0)" } ?? "")
        : "correct the \(rows), \(remedy.map { $0 + ", " } ?? "")or agree on 'bad-rows: drop'")
  }
}

extension RowAdvice {
  private func help(_ cell: BadRowKinds.Cell) -> String? {
    let column = columns[cell.column]
    if cell.fault.isLackOfValue, column.name == unitColumn { return nil }
    return cell.fault.remedy(column, dialect, holder: holder, spellings)
  }
}

extension TableSchema {
  /// The column that names whom the table protects.
  var unitColumn: String? {
    if case .units(_, let column) = protection { column } else { nil }
  }
}

/// How most of a file's dates and numbers are written.
struct Spellings {
  /// Cells that are dates or times in the declared layout.
  private(set) var goodDates = 0
  /// Usual layouts, by how many of the other cells they fit.
  private var layouts: [DateFormat: Int] = [:]
  /// Numbers that show the declared form: they have a decimal mark, or marks between thousands.
  private(set) var goodNumbers = 0
  private var forms: [NumberForm: Int] = [:]

  init(_ tallies: [CellTally]) {
    for tally in tallies {
      goodDates += tally.dates
      layouts.merge(tally.otherLayouts, uniquingKeysWith: +)
      goodNumbers += tally.markedNumbers
      forms.merge(tally.otherForms, uniquingKeysWith: +)
    }
  }

  /// The layout in which more of the file's dates are written than in the declared one.
  var layout: DateFormat? {
    ColumnGuess.parsers.map(\.format).filter { layouts[$0, default: 0] > goodDates }
      .max { layouts[$0, default: 0] < layouts[$1, default: 0] }
  }

  /// The form in which more of the file's numbers are written than in the declared one, and a second one where their mark may as
  /// well stand between thousands.
  var numberForms: [NumberForm] {
    let most = forms.values.max() ?? 0
    guard most > goodNumbers else { return [] }
    let all = NumberForm.all.filter { forms[$0] == most }
    let second = all.first { $0.decimalMark != all[0].decimalMark }
    return second.map { [all[0], $0] } ?? [all[0]]
  }
}
