/// The declared shape of a table: what front ends bind names against and what holders' data is checked against.
public struct TableSchema: Hashable, Sendable {
  /// Name of the table, unique in the study.
  public var name: String
  /// The columns, in the order in which holders share them.
  public var columns: [ColumnSchema]
  /// Principals that contribute rows.
  public var holders: [String]
  /// Largest number of rows of all holders together; range analysis of sums rests on it.
  public var maximumRows: Int
  /// Every holder pads its rows to this number, so that its true row count stays secret below it.
  public var padTo: Int?
  /// Lists of columns whose values together occur once at most among all holders' rows; checked inside the
  /// computation where a query rests on it.
  public var uniqueKeys: [[String]]
  /// How often values occur at most among all holders' rows. The bounds of joins follow from it where nothing else is said,
  /// and whether a join is within its bound is checked inside the computation.
  public var rowLimits: [RowLimit]
  /// Of whom results must not tell too much: see `docs/proofs/suppression.md`.
  public var protection: Protection
  /// Smallest and largest values of single records may be shown where enough units stand behind them.
  public var allowsExtremes: Bool
  /// How many values of a column are missing may be told, also if they are those of a few.
  public var tellsMissingValues: Bool

  /// What a table's rows are about, for the rules of release.
  public enum Protection: Hashable, Sendable {
    /// Every row is a unit of its own, of this table alone.
    case rows
    /// The column, which is never NULL, names the unit; units of one name are the same in all tables and at all holders.
    case units(name: String, column: String)
    /// Nobody: a reference table such as a price list.
    case nothing
  }

  /// A table; see the properties.
  public init(
    name: String, columns: [ColumnSchema], holders: [String], maximumRows: Int, padTo: Int? = nil,
    uniqueKeys: [[String]] = [], rowLimits: [RowLimit] = [], protection: Protection = .rows,
    allowsExtremes: Bool = false, tellsMissingValues: Bool = false
  ) {
    self.protection = protection
    self.allowsExtremes = allowsExtremes
    self.tellsMissingValues = tellsMissingValues
    self.name = name
    self.columns = columns
    self.holders = holders
    self.maximumRows = maximumRows
    self.padTo = padTo
    self.uniqueKeys = uniqueKeys
    self.rowLimits = rowLimits
  }

  /// No more than `rows` rows, at least 1, have the same values of all of these columns; rows with NULL in one of them
  /// do not count.
  public struct RowLimit: Hashable, Sendable {
    /// The columns that are the key together.
    public var columns: [String]
    /// Rows of one key at most; 1 or more.
    public var rows: Int
    /// A limit of `rows` rows that agree in the columns.
    public init(columns: [String], rows: Int) {
      self.columns = columns
      self.rows = rows
    }
  }
}

/// The declared shape of a column.
public struct ColumnSchema: Hashable, Sendable {
  /// Name of the column, unique in the table.
  public var name: String
  /// Type and range of the values.
  public var type: ColumnType
  /// Whether cells may be NULL.
  public var isNullable: Bool
  /// Parallel to the values of a category: what results show instead. Empty: they show the values themselves.
  public var labels: [String]

  /// A column; see the properties.
  public init(name: String, type: ColumnType, isNullable: Bool, labels: [String] = []) {
    self.name = name
    self.type = type
    self.isNullable = isNullable
    self.labels = labels
  }
}

/// A column's type with its range, in the integers that are shared.
public enum ColumnType: Hashable, Sendable {
  /// Whole numbers within the range.
  case integer(ClosedRange<Int64>)
  /// Shared as value · 10^scale; the range is in those units. Scale 1 to 9.
  case decimal(scale: Int, ClosedRange<Int64>)
  /// A Boolean, shared as 0 or 1.
  case boolean
  /// Dates, as days since 1970-01-01, within the range.
  case date(ClosedRange<Int64>)
  /// One of the listed texts, shared as its position.
  case category([String])
  /// Seconds since 1970-01-01T00:00:00Z.
  case timestamp(ClosedRange<Int64>)
  /// UTF-8 of at most so many bytes, at most 256, without zero bytes; shared in parts of seven bytes.
  case text(bytes: Int)

  /// The range of the shared integer; of each part of a text.
  public var range: ClosedRange<Int64> {
    switch self {
    case .integer(let range), .decimal(_, let range), .date(let range), .timestamp(let range): range
    case .text: 0...(1 << 56) - 1
    case .boolean: 0...1
    case .category(let values): 0...Int64(max(values.count - 1, 0))
    }
  }
}

/// What may be released, and to whom.
public struct ReleaseRules: Hashable, Sendable {
  /// Groups of fewer protected units than this (but at least one) are withheld; 0 or 1 turns the rule off.
  public var minimumCell: Int
  /// Names of the principals that get results.
  public var recipients: [String]
  /// Queries may release rows of single records and not only statistics.
  public var allowsRowRelease: Bool
  /// Where few units make up most of what is added up, it is withheld; empty: no such rule.
  public var dominance: [Dominance]
  /// Rules; see the properties.
  public init(
    minimumCell: Int, recipients: [String], allowsRowRelease: Bool = false, dominance: [Dominance] = []
  ) {
    self.dominance = dominance
    self.minimumCell = minimumCell
    self.recipients = recipients
    self.allowsRowRelease = allowsRowRelease
  }
}

extension ReleaseRules {
  /// The largest units of a sum may make up no more of it than this; of values that can be negative, absolute values count.
  public struct Dominance: Hashable, Sendable {
    /// How many units are taken together, at least 1.
    public var units: Int
    /// The most that they may make up of the sum in percent, 1 to 99.
    public var percent: Int
    /// A limit for so many units together.
    public init(units: Int, percent: Int) {
      self.units = units
      self.percent = percent
    }
  }
}

/// One holder's rows of one table, already checked, as the integers that are shared.
public struct TableData: Hashable, Sendable {
  /// The cells of one column.
  public struct Column: Hashable, Sendable {
    /// Integers in the units of ``ColumnType``; 0 where the cell is NULL. Empty for a text column.
    public var values: [Int64]
    /// True where the cell is NULL; empty for a column that is not nullable.
    public var isNull: [Bool]
    /// The texts of a text column, empty where the cell is NULL; no element for other columns.
    public var texts: [String]
    /// A column; lists that do not apply are empty.
    public init(values: [Int64], isNull: [Bool], texts: [String] = []) {
      self.values = values
      self.isNull = isNull
      self.texts = texts
    }
  }
  /// Rows, without padding.
  public var rowCount: Int
  /// Values of the columns, in the order of the schema.
  public var columns: [Column]
  /// Columns of so many rows each.
  public init(rowCount: Int, columns: [Column]) {
    self.rowCount = rowCount
    self.columns = columns
  }
}
