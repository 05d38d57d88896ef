package import ParleyProgram

/// What the integers of a column mean. Boolean columns are bits, all others integers.
package enum SecretType: Hashable, Sendable {
  /// The number itself.
  case integer
  /// value · 10^scale
  case decimal(scale: Int)
  /// A bit.
  case boolean
  /// Days since 1970-01-01.
  case date
  /// Seconds since 1970-01-01.
  case timestamp
  /// Position in the list.
  case category([String])
  /// At most so many bytes of UTF-8 in parts of seven, the first most significant, padded with zeros.
  case text(bytes: Int)
}

/// One column of a secret table.
///
/// Where a row is not valid or the value is NULL, the values are arbitrary within their ranges: no operator may
/// let them decide anything, and none is opened.
package struct TableColumn: Hashable, Sendable {
  /// Its name in the query.
  package var name: String
  /// What the integers mean.
  package var type: SecretType
  /// One node, several for text. Each has the table's shape, or is a scalar that holds for every row.
  package var parts: [Program.NodeID]
  /// Bit: the value is NULL. Nil: it never is.
  package var isNull: Program.NodeID?
  /// A column; see the properties.
  package init(
    name: String, type: SecretType, parts: [Program.NodeID], isNull: Program.NodeID? = nil
  ) {
    self.name = name
    self.type = type
    self.parts = parts
    self.isNull = isNull
  }
}

/// One key of an order.
package struct TableOrder: Hashable, Sendable {
  /// Place of the column in the table.
  package var column: Int
  /// Whether the largest comes first.
  package var isDescending: Bool
  /// Whether NULL comes before every value.
  package var nullsFirst: Bool
  /// - Parameter nullsFirst: by default NULL counts as less than every value, as in SQLite.
  package init(column: Int, isDescending: Bool = false, nullsFirst: Bool? = nil) {
    self.column = column
    self.isDescending = isDescending
    self.nullsFirst = nullsFirst ?? !isDescending
  }
}

/// The order in which the rows of a table are known to be.
package struct TableRowOrder: Hashable, Sendable {
  /// One key of the order; the first of several decides first.
  package struct Key: Hashable, Sendable {
    /// The columns that hold this key in every valid row: several after a join on it.
    package var columns: Set<Int>
    /// Whether the largest comes first.
    package var isDescending: Bool
    /// Whether NULL comes before every value.
    package var nullsFirst: Bool
    /// The key of every row; NULL is a value of its own. Take all valid rows that agree in the keys so far: they stand
    /// in one unbroken run of rows, and in the whole run these nodes are equal, also in its rows that are not valid.
    package var values: [Program.NodeID]
  }
  /// The keys; the first decides first.
  package var keys: [Key]
  /// Valid rows come before all others.
  package var isValidFirst: Bool
  /// Rows with equal keys are in an order that says nothing about where they came from.
  package var areTiesRandom: Bool
}

/// In valid rows, equal values (or NULLs) in the columns `from` go with equal values in the columns `to`.
package struct Dependency: Hashable, Sendable {
  /// Places of the columns that decide.
  package var from: Set<Int>
  /// Places of the columns that follow.
  package var to: Set<Int>
  /// `to` follows from `from`.
  package init(from: Set<Int>, to: Set<Int>) {
    self.from = from
    self.to = to
  }
}

/// A table whose cells, and whose set of rows, are secret. The number of its row slots is public.
package struct SecretTable: Hashable, Sendable {
  /// The columns, by place.
  package var columns: [TableColumn]
  /// Bit: the slot holds a row. Nil: every slot does.
  package var isValid: Program.NodeID?
  package var shape: Program.Shape
  /// Sets of columns in which no two valid rows agree, NULL being equal to NULL: known from how the table was made. What is
  /// only declared belongs into ``JoinUniqueness``, which checks it. The empty set: there is at most one row.
  package var uniqueKeys: [Set<Int>] = []
  /// What is known to follow from what.
  package var dependencies: [Dependency] = []
  /// In which order the rows are known to be; nil where nothing is known.
  package var order: TableRowOrder?
  /// At most so many rows are valid, whatever the data are. Nil: as many as there are slots.
  package var validBound: Int?

  /// A table of which nothing else is known.
  package init(columns: [TableColumn], isValid: Program.NodeID?, shape: Program.Shape) {
    self.columns = columns
    self.isValid = isValid
    self.shape = shape
  }

  /// The same rows with these of its columns, in this order; a column may be named twice.
  package func selecting(_ indices: [Int]) -> SecretTable {
    var places: [Int: Set<Int>] = [:]
    for (place, index) in indices.enumerated() { places[index, default: []].insert(place) }
    func first(_ set: Set<Int>) -> Set<Int>? {
      let found = set.compactMap { places[$0]?.min() }
      return found.count == set.count ? Set(found) : nil
    }
    var table = self
    table.columns = indices.map { columns[$0] }
    table.uniqueKeys = uniqueKeys.compactMap(first)
    table.dependencies = dependencies.compactMap { dependency in
      let to = dependency.to.reduce(into: Set<Int>()) { $0.formUnion(places[$1] ?? []) }
      guard let from = first(dependency.from), !to.isEmpty else { return nil }
      return Dependency(from: from, to: to)
    }
    // A key that is no column any more still says how the rows stand.
    table.order?.keys = (order?.keys ?? []).map { key in
      var key = key
      key.columns = key.columns.reduce(into: []) { $0.formUnion(places[$1] ?? []) }
      return key
    }
    return table
  }

  /// The same rows with another column at the end. Its nodes have the table's shape or are scalars.
  package func appending(_ column: TableColumn) -> SecretTable {
    var table = self
    table.columns.append(column)
    return table
  }
}

/// One column of a result of grouping.
package struct TableAggregate: Hashable, Sendable {
  /// What is computed of the rows of a group.
  package enum Function: Hashable, Sendable {
    /// Rows; the column is ignored.
    case countRows
    /// Values that are not NULL.
    case count
    /// The sum of numbers, or of conditions as 0 and 1. NULL without values.
    case sum
    /// The smallest value; of texts, in the order of their bytes. NULL without values.
    case minimum
    /// The largest value; of texts, in the order of their bytes. NULL without values.
    case maximum
    /// Whether a condition is true in some row. NULL without values.
    case any
    /// Whether a condition is true in every row that has a value. NULL without values.
    case every
    /// The mean, rounded to the nearest sixth decimal, halves upwards. NULL without values.
    case average
    /// The middle value, or the mean of the two middle ones, with one decimal more than the column. NULL without values.
    case median
    /// The smallest value that at least this share of the values does not exceed. NULL without values.
    case quantile(numerator: Int, denominator: Int)
    /// The sample variance, rounded to the nearest sixth decimal. NULL below two values.
    case variance
    /// The root of the sample variance, rounded to the nearest sixth decimal. NULL below two values.
    case deviation
    /// The correlation with another column, over the rows in which both have a value. NULL where one does not vary.
    case correlation(with: Int)
    /// Different values of the column, NULL aside, among the rows in which another column, a condition, is true; nil: among
    /// all. It counts units: people with several rows.
    case countUnits(where: Int?)
    /// The value of some row of the group: for a column that the keys determine.
    case representative
  }
  /// What is computed.
  package var function: Function
  /// Place of the column that it is computed of.
  package var column: Int
  /// Counts each different value once, in sums, means, variances and deviations too.
  package var isDistinct: Bool
  /// Name of the column of the result.
  package var name: String
  /// A column of a result; see the properties.
  package init(_ function: Function, of column: Int = 0, isDistinct: Bool = false, name: String = "") {
    self.function = function
    self.column = column
    self.isDistinct = isDistinct
    self.name = name
  }
}

/// How two tables are joined.
package enum JoinKind: Hashable, Sendable {
  /// Rows that have a match.
  case inner
  /// Left rows without a match stay, with NULL on the right side.
  case left
  /// Right rows without a match stay, with NULL on the left side.
  case right
  /// Rows of either side without a match stay, with NULL on the other side.
  case full
  /// Left rows that have a match, once each: EXISTS, IN.
  case semi
  /// Left rows that have none. `nullAware`: NOT IN, where a NULL on either side makes the answer unknown; otherwise
  /// NOT EXISTS.
  case anti(nullAware: Bool)
}

/// What is known about the keys of a join.
package enum JoinUniqueness: Hashable, Sendable {
  /// On that side no two valid rows have the same keys. Checked inside the computation unless the table's
  /// ``SecretTable/uniqueKeys`` say so already; if it is violated nothing is shown.
  case left
  /// The same of the right side.
  case right
  /// Both may repeat; the result has at most `bound` rows, otherwise nothing is shown. Without a bound only small
  /// tables can be joined. Semi and anti joins need none.
  case neither(bound: Int?)
}

/// A column that a window adds.
package struct WindowFunction: Hashable, Sendable {
  /// The rows that a running statistic of a row sees.
  package enum Frame: Hashable, Sendable {
    /// ROWS: from the first row of the partition to this one.
    case rows
    /// RANGE: to the last row that the order does not tell from this one. SQL's default with an ORDER BY.
    case range
    /// All of the partition. SQL's default without an ORDER BY.
    case partition
    /// From so many rows after the row (before it where negative, the first one where nil) to so many after it (the last
    /// one where nil). Counts and sums only.
    case sliding(from: Int?, to: Int?)

    /// Whether every row is in its own frame, which is then never empty.
    var hasItsRow: Bool {
      guard case .sliding(let from, let to) = self else { return true }
      return from ?? 0 <= 0 && to ?? 0 >= 0
    }
  }
  /// What a window adds; columns are named by place.
  package enum Function: Hashable, Sendable {
    /// 1, 2, 3 … in the partition.
    case rowNumber
    /// One more than the rows with smaller keys.
    case rank
    /// One more than the different smaller keys.
    case denseRank
    /// The value `by` rows earlier in the partition, NULL where there is no such row.
    case lag(Int, by: Int)
    /// The value `by` rows later in the partition, NULL where there is no such row.
    case lead(Int, by: Int)
    /// The value in the first row of the partition.
    case firstValue(Int)
    /// The value in the last row of the frame.
    case lastValue(Int, Frame)
    /// Rows of the frame.
    case countRows(Frame)
    /// Values of the frame that are not NULL.
    case count(Int, Frame)
    /// The sum of the frame, NULL without values.
    case sum(Int, Frame)
    /// Variance, standard deviation or, with a second column, correlation of the frame, with six decimals. Cost as of a
    /// sum for each of their moments, and a division a row.
    case moments(Moments.Function, Int, and: Int?, Frame)
    /// The smallest value of the frame, NULL without values.
    case minimum(Int, Frame)
    /// The largest value of the frame, NULL without values.
    case maximum(Int, Frame)
  }
  /// What is added.
  package var function: Function
  /// Name of the column.
  package var name: String
  /// A column that is added.
  package init(_ function: Function, name: String = "") {
    self.function = function
    self.name = name
  }
}
