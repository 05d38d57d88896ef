package import ParleyProgram

/// The tables of TPC-H with the types and key constraints of its specification.
package enum TPCHSchema {
  private static let nations = [
    "ALGERIA", "ARGENTINA", "BRAZIL", "CANADA", "CHINA", "EGYPT", "ETHIOPIA", "FRANCE", "GERMANY", "INDIA",
    "INDONESIA", "IRAN", "IRAQ", "JAPAN", "JORDAN", "KENYA", "MOROCCO", "MOZAMBIQUE", "PERU", "ROMANIA", "RUSSIA",
    "SAUDI ARABIA", "UNITED KINGDOM", "UNITED STATES", "VIETNAM",
  ]
  /// Every combination of the words, in the order of texts.
  private static func combinations(_ words: [[String]]) -> [String] {
    words.dropFirst().reduce(words[0]) { left, right in left.flatMap { a in right.map { "\(a) \($0)" } } }.sorted()
  }
  private static func money(_ range: ClosedRange<Int64>) -> ColumnType { .decimal(scale: 2, range) }
  /// 1992-01-01 to 1998-12-31
  private static let date = ColumnType.date(8035...10_591)
  private static func column(_ name: String, _ type: ColumnType) -> ColumnSchema {
    ColumnSchema(name: name, type: type, isNullable: false)
  }

  /// - Parameters:
  ///   - thousandths: scale factor · 1000.
  ///   - holder: the holders of each table's rows, by table.
  package static func tables(thousandths: Int, holders: (String) -> [String] = { _ in ["holder"] })
    -> [TableSchema]
  {
    func keys(_ count: Int) -> ColumnType { .integer(1...Int64(count * thousandths)) }
    func table(
      _ name: String, _ rows: Int, unique: [String], _ columns: [(String, ColumnType)]
    ) -> TableSchema {
      TableSchema(
        name: name, columns: columns.map { column($0.0, $0.1) }, holders: holders(name), maximumRows: rows,
        uniqueKeys: unique.isEmpty ? [] : [unique])
    }
    let suppliers = keys(10), parts = keys(200), customers = keys(150), orders = keys(6000)
    let nation = ColumnType.integer(0...24)
    return [
      table(
        "region", 5, unique: ["r_regionkey"],
        [
          ("r_regionkey", .integer(0...4)),
          ("r_name", .category(["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"])),
          ("r_comment", .text(bytes: 152)),
        ]),
      table(
        "nation", 25, unique: ["n_nationkey"],
        [
          ("n_nationkey", nation), ("n_name", .category(nations)), ("n_regionkey", .integer(0...4)),
          ("n_comment", .text(bytes: 152)),
        ]),
      table(
        "supplier", 10 * thousandths, unique: ["s_suppkey"],
        [
          ("s_suppkey", suppliers), ("s_name", .text(bytes: 25)), ("s_address", .text(bytes: 40)),
          ("s_nationkey", nation), ("s_phone", .text(bytes: 15)), ("s_acctbal", money(-99_999...999_999)),
          ("s_comment", .text(bytes: 101)),
        ]),
      table(
        "customer", 150 * thousandths, unique: ["c_custkey"],
        [
          ("c_custkey", customers), ("c_name", .text(bytes: 25)), ("c_address", .text(bytes: 40)),
          ("c_nationkey", nation), ("c_phone", .text(bytes: 15)), ("c_acctbal", money(-99_999...999_999)),
          ("c_mktsegment", .category(["AUTOMOBILE", "BUILDING", "FURNITURE", "HOUSEHOLD", "MACHINERY"])),
          ("c_comment", .text(bytes: 117)),
        ]),
      table(
        "part", 200 * thousandths, unique: ["p_partkey"],
        [
          ("p_partkey", parts), ("p_name", .text(bytes: 55)),
          ("p_mfgr", .category((1...5).map { "Manufacturer#\($0)" })),
          ("p_brand", .category((1...5).flatMap { m in (1...5).map { "Brand#\(m)\($0)" } })),
          (
            "p_type",
            .category(
              combinations([
                ["STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO"],
                ["ANODIZED", "BURNISHED", "PLATED", "POLISHED", "BRUSHED"],
                ["TIN", "NICKEL", "BRASS", "STEEL", "COPPER"],
              ]))
          ), ("p_size", .integer(1...50)),
          (
            "p_container",
            .category(
              combinations([
                ["SM", "LG", "MED", "JUMBO", "WRAP"],
                ["CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM"],
              ]))
          ), ("p_retailprice", money(0...300_000)), ("p_comment", .text(bytes: 23)),
        ]),
      table(
        // With ten suppliers the specification's formula gives some parts the same supplier twice.
        "partsupp", 800 * thousandths, unique: thousandths < 10 ? [] : ["ps_partkey", "ps_suppkey"],
        [
          ("ps_partkey", parts), ("ps_suppkey", suppliers), ("ps_availqty", .integer(1...9999)),
          ("ps_supplycost", money(100...100_000)), ("ps_comment", .text(bytes: 199)),
        ]),
      table(
        "orders", 1500 * thousandths, unique: ["o_orderkey"],
        [
          ("o_orderkey", orders), ("o_custkey", customers), ("o_orderstatus", .category(["F", "O", "P"])),
          ("o_totalprice", money(0...80_000_000)), ("o_orderdate", date),
          ("o_orderpriority", .category(["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"])),
          ("o_clerk", .text(bytes: 15)), ("o_shippriority", .integer(0...9)), ("o_comment", .text(bytes: 79)),
        ]),
      table(
        "lineitem", 6050 * thousandths, unique: ["l_orderkey", "l_linenumber"],
        [
          ("l_orderkey", orders), ("l_partkey", parts), ("l_suppkey", suppliers),
          ("l_linenumber", .integer(1...7)),
          ("l_quantity", money(100...5000)), ("l_extendedprice", money(0...15_000_000)),
          ("l_discount", money(0...10)), ("l_tax", money(0...8)), ("l_returnflag", .category(["A", "N", "R"])),
          ("l_linestatus", .category(["F", "O"])), ("l_shipdate", date), ("l_commitdate", date),
          ("l_receiptdate", date),
          (
            "l_shipinstruct",
            .category(["COLLECT COD", "DELIVER IN PERSON", "NONE", "TAKE BACK RETURN"])
          ),
          // The validation text of query 19 asks for 'AIR REG', which no row has.
          (
            "l_shipmode", .category(["AIR", "AIR REG", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"])
          ), ("l_comment", .text(bytes: 44)),
        ]),
    ]
  }
}
