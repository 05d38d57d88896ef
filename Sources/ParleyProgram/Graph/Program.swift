public import BigInt

/// A typed dataflow graph over columns: what is computed, as data.
///
/// Sizes are public, every value is a bounded integer or a bit, secret unless it is a constant, and only a
/// ``Disclosure`` brings a value to a principal. The size of a program does not depend on the number of rows.
/// Nodes are built by ``ProgramBuilder``, which refuses a node whose range it cannot carry.
public struct Program: Sendable, Hashable {
  /// A node by its place in ``nodes``.
  public struct NodeID: RawRepresentable, Hashable, Sendable, Comparable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  }
  /// A table by its place in ``tables``.
  public struct TableID: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
  }
  /// An input by its place in ``inputs``.
  public struct InputID: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
  }
  /// A disclosure by its place in ``disclosures``.
  public struct DisclosureID: RawRepresentable, Hashable, Sendable, Comparable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  }

  /// How many elements a value has.
  public indirect enum Shape: Hashable, Sendable {
    /// One element for each row of a table: all holders' rows one after the other, padding included.
    case rows(TableID)
    /// A number of elements fixed by the program; a scalar is `fixed(1)`.
    case fixed(Int)
    /// The rows of several shapes one after the other.
    case concatenated(SharedList<Shape>)
    /// So many rows of a shape, or all where it has fewer.
    case first(Int, of: Shape)
    /// Every row of one shape with every row of another.
    case product(Shape, Shape)
    /// One element.
    public static let scalar = Shape.fixed(1)
  }

  /// One key of a sort; the first of several decides first.
  public struct SortKey: Hashable, Sendable {
    /// Integers or bits.
    public var value: NodeID
    /// Whether the largest comes first.
    public var isDescending: Bool
    /// A key of a sort.
    public init(_ value: NodeID, isDescending: Bool = false) {
      self.value = value
      self.isDescending = isDescending
    }
  }

  /// What a scan carries from row to row of one segment.
  public enum Scan: String, Hashable, Sendable, CaseIterable {
    /// Σ of the rows so far; bits count as 0 or 1.
    case sum
    /// The least of the rows so far.
    case minimum
    /// The greatest of the rows so far.
    case maximum
    /// OR of the rows so far.
    case any
    /// The value of the segment's first row.
    case first
  }
  /// One column of a scan.
  public struct ScanItem: Hashable, Sendable {
    /// What is carried.
    public var scan: Scan
    /// The column, of integers or bits.
    public var value: NodeID
    /// A column and what is carried of it.
    public init(_ scan: Scan, _ value: NodeID) {
      self.scan = scan
      self.value = value
    }
  }

  /// Whether a value is an integer or a bit.
  public enum Sort: Hashable, Sendable {
    /// An integer within the interval.
    case integer(Interval)
    /// 0 or 1 in the Boolean domain.
    case bit
  }

  /// What is public of a value: its kind, its range and how many elements it has.
  public struct ValueType: Hashable, Sendable {
    /// Whether it is an integer or a bit.
    public var sort: Sort
    /// How many elements it has.
    public var shape: Shape
    /// A type of its two parts.
    public init(_ sort: Sort, _ shape: Shape) {
      self.sort = sort
      self.shape = shape
    }
    /// The interval of an integer; [0, 1] of a bit.
    public var range: Interval {
      if case .integer(let interval) = sort { interval } else { .bit }
    }
    /// Whether the elements are bits.
    public var isBit: Bool { sort == .bit }
  }

  /// A table: the union of its holders' rows. `maximumRows` bounds the rows of all holders together and is what
  /// range analysis uses for sums.
  public struct Table: Hashable, Sendable {
    /// Name of the table, as the study or program calls it.
    public var name: String
    /// Principals that contribute rows, by name.
    public var holders: [String]
    /// Rows of all holders together, at most.
    public var maximumRows: Int
    /// A table without columns; inputs say which there are.
    public init(name: String, holders: [String], maximumRows: Int) {
      self.name = name
      self.holders = holders
      self.maximumRows = maximumRows
    }
  }

  /// A secret column that holders share row by row.
  public struct Input: Hashable, Sendable {
    /// What a column holds: values, bits that are 1 where the value is NULL, or bits that are 1 in rows that are not
    /// padding.
    public enum Role: String, Hashable, Sendable { case value, isNull, isValid }
    /// Table that it is a column of.
    public var table: TableID
    /// Column name in the study; for ``Role/isValid`` the empty string.
    public var column: String
    /// Whether it has values, or is one of the two flags.
    public var role: Role
    /// Integers after scaling (decimal 1.25 with scale 2 is 125; a category is its position in the list; a
    /// date is days since 1970-01-01); ``Program/Sort/bit`` for Booleans and the two flags.
    public var sort: Sort
    /// What the holder computes in the clear and shares instead of a column; ``column`` then only names it. With
    /// ``Role/isValid`` it is a filter: rows count where it is true, not where it is false or NULL.
    public var formula: HolderFormula?
    /// Which seven bytes of a text column, see ``HolderFormula/textPart(_:index:)``; 0 for other columns.
    public var part: Int
    /// A column that is shared; see the properties.
    public init(
      table: TableID, column: String, role: Role, sort: Sort, formula: HolderFormula? = nil, part: Int = 0
    ) {
      self.table = table
      self.column = column
      self.role = role
      self.sort = sort
      self.formula = formula
      self.part = part
    }
  }

  /// What a comparison asks: a < b, a ≤ b or a = b.
  public enum Comparison: String, Hashable, Sendable { case less, lessOrEqual, equal }
  /// The least or the greatest element.
  public enum Extremum: String, Hashable, Sendable { case minimum, maximum }

  /// The two factors of a product.
  public struct Factors: Hashable, Sendable {
    /// Integers of shapes that go together.
    public var a: NodeID, b: NodeID
    /// The product of a and b.
    public init(_ a: NodeID, _ b: NodeID) { (self.a, self.b) = (a, b) }
  }

  /// What a node computes. Operands of elementwise operations have one shape, or one of them is a scalar
  /// (which is repeated).
  ///
  /// On engines whose shares add up, these take no message: sums, differences, multiples and running sums of ring
  /// words, ⊕ and ¬ of bits, and moves of rows to public places. Everything else has messages, and so has what needs
  /// another form of a value (words or bits) than there is; the plan says how many.
  public indirect enum Operation: Hashable, Sendable {
    /// A column that holders share.
    case input(InputID)
    /// A public integer.
    case constant(BigInt)
    /// A public bit.
    case bitConstant(Bool)
    /// The sum of two integers.
    case add(NodeID, NodeID)
    /// The first integer less the second.
    case subtract(NodeID, NodeID)
    /// The product of two integers.
    case multiply(NodeID, NodeID)
    /// Σ of the elementwise products of the pairs: one message, however many there are.
    case productSum([Factors])
    /// An integer times a public one.
    case scale(NodeID, by: BigInt)
    /// A bit for each pair of integers.
    case compare(Comparison, NodeID, NodeID)
    /// The opposite of each bit.
    case not(NodeID)
    /// The AND of two bits.
    case and(NodeID, NodeID)
    /// The OR of two bits: at least one of them.
    case or(NodeID, NodeID)
    /// The XOR of two bits: exactly one of them.
    case xor(NodeID, NodeID)
    /// `condition ? then : else`, elementwise; `then` and `else` both integers or both bits.
    case select(condition: NodeID, then: NodeID, else: NodeID)
    /// A bit as the integer 0 or 1.
    case integer(fromBit: NodeID)
    /// Sum over all elements; a bit counts as 0 or 1. Scalar.
    case sum(NodeID)
    /// Sum over all elements of the elementwise product; bits count as 0 or 1. Scalar.
    case innerProduct(NodeID, NodeID)
    /// Smallest or largest element. Scalar.
    case extremum(Extremum, NodeID)
    /// The OR of all elements, a scalar bit.
    case any(NodeID)
    /// floor(dividend / divisor); the divisor's range excludes 0 and negatives.
    case quotient(NodeID, NodeID)
    /// floor of the square root of a value that is not negative.
    case squareRoot(NodeID)
    /// floor(value / 2^bits).
    case truncate(NodeID, bits: Int)
    /// A bit of the two's complement of an integer, the lowest being 0.
    case bit(NodeID, at: Int)
    /// Row i times number i of a public sequence.
    case positional(NodeID, PublicSequence)
    /// Elements of a fixed-shape value at public places.
    case pick(NodeID, [Int])
    /// Scalars (all integers or all bits) side by side: `fixed(count)`.
    case stack([NodeID])
    /// One element of a fixed-shape value. Scalar.
    case element(NodeID, at: Int)
    /// Row-major matrix product: (rows × inner) · (inner × columns).
    case matrixProduct(NodeID, NodeID, rows: Int, inner: Int, columns: Int)
    /// LᵀR of two matrices that are given by their columns, all of one shape, such as the rows of a table: row-major, element (i, j) is
    /// the sum over all rows of left column i times right column j.
    case columnProduct([NodeID], [NodeID])

    // Whole columns. Lengths are public; where a row comes from is not.
    /// A scalar for every row of a shape.
    case spread(NodeID, Shape)
    /// Rows of several values one after the other.
    case concatenate([NodeID])
    /// Row i is row i - by of the operand; rows that would come from outside are 0.
    case shift(NodeID, by: Int)
    /// The rows from the last to the first.
    case reversed(NodeID)
    /// The first `count` rows, or all where there are fewer.
    case prefix(NodeID, count: Int)
    /// Row i · n + j is row i of the operand, n being the rows of the shape: the outer side of a product.
    case outer(NodeID, Shape)
    /// Row i · n + j is row j of the operand with its n rows, for every row i of the shape: the inner side.
    case inner(NodeID, Shape)
    /// In row i the sum of rows 0 to i.
    case runningSum(NodeID)
    /// The payload's rows in the order of the keys, rows with equal keys in the order they had. A tuple: its
    /// columns are read with ``component(_:at:)``.
    case sort(keys: [SortKey], payload: [NodeID])
    /// The payload's rows in a uniformly random order that nobody knows. A tuple.
    case shuffle([NodeID])
    /// Inclusive scans; a segment begins at row 0 and wherever the bit `restart` is 1. A tuple.
    case scan([ScanItem], restart: NodeID)
    /// One column of a tuple.
    case component(NodeID, at: Int)

    // Loops.
    /// Passes of one graph. A tuple: the carried values after the last pass.
    case repeated(Loop)
    /// Inside a pass: a carried value as the pass finds it.
    case carried(Int)
    /// Inside a pass: a node outside, by its place in ``Loop/captured``.
    case captured(Int)
  }

  /// One operation and what is known of its value.
  public struct Node: Hashable, Sendable {
    /// What is computed, from nodes before this one.
    public var operation: Operation
    /// Kind, range and shape of the value.
    public var type: ValueType
    /// Where in the study this came from, for errors ("AVG(age), line 31").
    public var origin: String?
    /// For which of ``Program/operators`` it was built first.
    public var operatorIndex: Int?
    /// Why the range of ``type`` is narrower than its operands tell, where it is by a theorem.
    public var lemmas: [Lemma] = []
  }

  /// How queries are computed, for people who read the plan.
  public internal(set) var operators: [Operator] = []
  /// Bits that must come out as 0.
  public internal(set) var requirements: [Requirement] = []
  /// The tables; ``TableID`` counts them.
  public internal(set) var tables: [Table] = []
  /// The input columns; ``InputID`` counts them.
  public internal(set) var inputs: [Input] = []
  /// By ``NodeID``; each reads only nodes before it.
  public internal(set) var nodes: [Node] = []
  /// By ``DisclosureID``: everything that leaves the computation.
  public internal(set) var disclosures: [Disclosure] = []
  /// How disclosures are laid out as tables.
  public internal(set) var results: [ResultTable] = []

  /// The node of this number.
  public subscript(id: NodeID) -> Node { nodes[id.rawValue] }
  /// The disclosure of this number.
  public subscript(id: DisclosureID) -> Disclosure { disclosures[id.rawValue] }
}
