import type { Place } from '../../base/place.ts';

/**
 * What the parser gives: one node for each construct, each with its place. Names are kept as written (unquoted ones too:
 * Flink's names are case-sensitive); keywords and function names are not resolved here.
 */
export interface Name {
  readonly text: string;
  readonly place: Place;
}

/** `catalog.database.table`, `table.column`: one or more parts. */
export interface QualifiedName {
  readonly parts: readonly Name[];
  readonly place: Place;
}

export interface StringToken {
  readonly value: string;
  readonly place: Place;
}

// ---------------------------------------------------------------- statements

export type Statement =
  | CreateTable
  | CreateView
  | InsertInto
  | StatementSet
  | SetOption
  | ResetOption
  | SelectStatement
  | DropStatement
  | ExplainStatement
  | UnsupportedStatement
  | UnreadStatement;

export interface CreateTable {
  readonly kind: 'create-table';
  readonly place: Place;
  readonly name: QualifiedName;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly columns: readonly ColumnDeclaration[];
  readonly watermarks: readonly WatermarkDeclaration[];
  readonly primaryKeys: readonly PrimaryKeyDeclaration[];
  readonly comment?: StringToken;
  readonly partitionedBy: readonly Name[];
  readonly options: readonly OptionEntry[];
  /** LIKE other (…): refused by the binder when it cannot be done. */
  readonly like?: LikeClause;
  /** CREATE TABLE … AS SELECT. */
  readonly asQuery?: Query;
  /** What has a mistake in it and is therefore missing above, at least in part. */
  readonly unread: ReadonlySet<'watermark' | 'primary key' | 'options'>;
}

export interface LikeClause {
  readonly table: QualifiedName;
  readonly options: readonly { readonly mode: 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING'; readonly what: string }[];
  readonly place: Place;
}

export type ColumnDeclaration =
  | {
      readonly kind: 'physical';
      readonly name: Name;
      readonly type: TypeNode;
      /** PRIMARY KEY NOT ENFORCED written behind the column. */
      readonly primaryKey?: Place;
      readonly place: Place;
    }
  | { readonly kind: 'computed'; readonly name: Name; readonly expression: ExpressionNode; readonly place: Place }
  | {
      readonly kind: 'metadata';
      readonly name: Name;
      readonly type: TypeNode;
      /** METADATA FROM 'key'. */
      readonly from?: StringToken;
      readonly virtual: boolean;
      readonly place: Place;
    }
  /** A column with a mistake in it; without a name, any number of columns. */
  | { readonly kind: 'unread'; readonly name?: Name; readonly place: Place };

export interface WatermarkDeclaration {
  readonly column: QualifiedName;
  readonly expression: ExpressionNode;
  readonly place: Place;
}

export interface PrimaryKeyDeclaration {
  readonly columns: readonly Name[];
  readonly enforced: boolean;
  readonly place: Place;
}

export interface OptionEntry {
  readonly key: StringToken;
  readonly value: StringToken;
}

export interface CreateView {
  readonly kind: 'create-view';
  readonly place: Place;
  readonly name: QualifiedName;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly columns: readonly Name[];
  readonly query: Query;
}

export interface InsertInto {
  readonly kind: 'insert';
  readonly place: Place;
  readonly table: QualifiedName;
  /** INSERT INTO t (a, b): empty when not given. */
  readonly columns: readonly Name[];
  /** INSERT INTO t PARTITION (…): its place, refused. */
  readonly partition?: Place;
  readonly overwrite: boolean;
  readonly query: Query;
}

export interface StatementSet {
  readonly kind: 'statement-set';
  readonly place: Place;
  readonly inserts: readonly InsertInto[];
}

/** SET 'key' = 'value'; bare SET has neither. */
export interface SetOption {
  readonly kind: 'set';
  readonly place: Place;
  readonly key?: StringToken;
  readonly value?: StringToken;
}

export interface ResetOption {
  readonly kind: 'reset';
  readonly place: Place;
  readonly key?: StringToken;
}

export interface SelectStatement {
  readonly kind: 'select-statement';
  readonly place: Place;
  readonly query: Query;
}

export interface DropStatement {
  readonly kind: 'drop';
  readonly place: Place;
  readonly what: 'TABLE' | 'VIEW';
  readonly temporary: boolean;
  readonly ifExists: boolean;
  readonly name: QualifiedName;
}

export interface ExplainStatement {
  readonly kind: 'explain';
  readonly place: Place;
}

/** A statement that Flink knows and Isobar does not (CREATE FUNCTION, USE CATALOG, ADD JAR …). `what` is its first words. */
export interface UnsupportedStatement {
  readonly kind: 'unsupported';
  readonly place: Place;
  readonly what: string;
  /** What it may declare or change. */
  readonly names: readonly string[];
}

/** A declaration with a mistake that leaves nothing of it but the names it may declare: without any, the name is missing. */
export interface UnreadStatement {
  readonly kind: 'unread';
  readonly place: Place;
  readonly names: readonly string[];
}

// ---------------------------------------------------------------- queries

export type Query = WithQuery | SelectQuery | SetOperation | ValuesQuery | OrderedQuery;

export interface WithQuery {
  readonly kind: 'with';
  readonly place: Place;
  readonly ctes: readonly { readonly name: Name; readonly columns: readonly Name[]; readonly query: Query }[];
  readonly body: Query;
}

/** ORDER BY, LIMIT, OFFSET and FETCH around a query. */
export interface OrderedQuery {
  readonly kind: 'ordered';
  readonly place: Place;
  readonly query: Query;
  readonly orderBy: readonly OrderItem[];
  readonly limit?: ExpressionNode;
  readonly offset?: ExpressionNode;
}

export interface OrderItem {
  readonly expression: ExpressionNode;
  readonly descending: boolean;
  readonly nulls?: 'FIRST' | 'LAST';
  readonly place: Place;
}

export interface SetOperation {
  readonly kind: 'set-operation';
  readonly place: Place;
  readonly operator: 'UNION' | 'INTERSECT' | 'EXCEPT';
  readonly operatorPlace: Place;
  readonly all: boolean;
  readonly left: Query;
  readonly right: Query;
}

export interface ValuesQuery {
  readonly kind: 'values';
  readonly place: Place;
  readonly rows: readonly (readonly ExpressionNode[])[];
}

export interface SelectQuery {
  readonly kind: 'select';
  readonly place: Place;
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  readonly from?: TableReference;
  readonly where?: ExpressionNode;
  readonly groupBy?: GroupBy;
  readonly having?: ExpressionNode;
  readonly windows: readonly { readonly name: Name; readonly window: WindowNode }[];
  readonly qualify?: ExpressionNode;
}

export type SelectItem =
  | { readonly kind: 'star'; readonly qualifier?: QualifiedName; readonly place: Place }
  | { readonly kind: 'expression'; readonly expression: ExpressionNode; readonly alias?: Name; readonly place: Place };

export interface GroupBy {
  readonly items: readonly GroupItem[];
  readonly place: Place;
}

export type GroupItem =
  | { readonly kind: 'expression'; readonly expression: ExpressionNode }
  /** Each set is a list of expressions. CUBE and ROLLUP hold one entry for each element, which may have several expressions. */
  | {
      readonly kind: 'grouping-sets' | 'cube' | 'rollup';
      readonly sets: readonly (readonly ExpressionNode[])[];
      readonly place: Place;
    };

export type TableReference = TableName | DerivedTable | TableFunction | Join | Lateral | UnnestTable | MatchRecognize;

export interface Alias {
  readonly name: Name;
  readonly columns: readonly Name[];
}

export interface TableName {
  readonly kind: 'table';
  readonly place: Place;
  readonly name: QualifiedName;
  readonly alias?: Alias;
  /** FOR SYSTEM_TIME AS OF … */
  readonly asOf?: ExpressionNode;
  /** Hints: OPTIONS('key'='value'), written behind the name between slash-star-plus and star-slash. */
  readonly options: readonly OptionEntry[];
}

/** (SELECT …) or (VALUES …) in FROM. */
export interface DerivedTable {
  readonly kind: 'derived';
  readonly place: Place;
  readonly query: Query;
  readonly alias?: Alias;
}

/** TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)), or a call without the outer TABLE( ). */
export interface TableFunction {
  readonly kind: 'table-function';
  readonly place: Place;
  readonly name: Name;
  readonly args: readonly TableFunctionArgument[];
  readonly alias?: Alias;
}

export interface TableFunctionArgument {
  /** DATA => TABLE t */
  readonly name?: Name;
  readonly place: Place;
  readonly value:
    | {
        readonly kind: 'table';
        readonly table: TableReference;
        readonly partitionBy: readonly ExpressionNode[];
        readonly orderBy: readonly OrderItem[];
      }
    | { readonly kind: 'descriptor'; readonly columns: readonly Name[] }
    | { readonly kind: 'expression'; readonly expression: ExpressionNode };
}

export interface Join {
  readonly kind: 'join';
  readonly place: Place;
  /** Where the word JOIN (or the comma) stands. */
  readonly operatorPlace: Place;
  readonly type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS' | 'COMMA';
  readonly natural: boolean;
  readonly left: TableReference;
  readonly right: TableReference;
  readonly on?: ExpressionNode;
  readonly using: readonly Name[];
}

/** LATERAL (SELECT …) or LATERAL TABLE(f(…)). */
export interface Lateral {
  readonly kind: 'lateral';
  readonly place: Place;
  readonly table: TableReference;
}

export interface UnnestTable {
  readonly kind: 'unnest';
  readonly place: Place;
  readonly expressions: readonly ExpressionNode[];
  readonly withOrdinality: boolean;
  readonly alias?: Alias;
}

export interface MatchRecognize {
  readonly kind: 'match-recognize';
  readonly place: Place;
  readonly table: TableReference;
  readonly partitionBy: readonly ExpressionNode[];
  readonly orderBy: readonly OrderItem[];
  readonly measures: readonly { readonly expression: ExpressionNode; readonly alias: Name }[];
  readonly rowsPerMatch: 'ONE' | 'ALL';
  readonly afterMatch?: {
    readonly skip: 'PAST LAST ROW' | 'TO NEXT ROW' | 'TO FIRST' | 'TO LAST';
    readonly variable?: Name;
    readonly place: Place;
  };
  readonly pattern: PatternNode;
  readonly within?: ExpressionNode;
  readonly define: readonly { readonly variable: Name; readonly condition: ExpressionNode }[];
  readonly alias?: Alias;
}

export type PatternNode =
  | { readonly kind: 'variable'; readonly name: Name }
  | { readonly kind: 'sequence' | 'alternation'; readonly parts: readonly PatternNode[]; readonly place: Place }
  | {
      readonly kind: 'quantified';
      readonly part: PatternNode;
      readonly min: number;
      /** Infinity when open. */
      readonly max: number;
      readonly reluctant: boolean;
      readonly place: Place;
    };

// ---------------------------------------------------------------- expressions

export type ExpressionNode =
  | LiteralNode
  | IntervalNode
  | ColumnNode
  | UnaryNode
  | BinaryNode
  | BetweenNode
  | InNode
  | LikeNode
  | IsNode
  | CaseNode
  | CastNode
  | CallNode
  | RowNode
  | ArrayNode
  | MapNode
  | ElementNode
  | FieldNode
  | SubqueryNode
  | ExistsNode
  | QuantifiedNode;

/** Numbers keep their text: `1`, `1.50`, `1E3`. DATE, TIME and TIMESTAMP literals keep what stands between the quotes. */
export type LiteralNode =
  | { readonly kind: 'literal'; readonly type: 'null'; readonly place: Place }
  | { readonly kind: 'literal'; readonly type: 'boolean'; readonly value: boolean; readonly place: Place }
  | {
      readonly kind: 'literal';
      readonly type: 'number' | 'string' | 'binary' | 'date' | 'time' | 'timestamp';
      readonly text: string;
      readonly place: Place;
    };

/** INTERVAL '1 02:03' DAY TO MINUTE. Precisions in parentheses are checked and dropped. */
export interface IntervalNode {
  readonly kind: 'interval';
  readonly place: Place;
  readonly negative: boolean;
  readonly text: string;
  readonly textPlace: Place;
  /** Singular, upper case: YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND. */
  readonly from: string;
  readonly to?: string;
}

/** A column, a table's column, or a field: which of them is decided when names are resolved. */
export interface ColumnNode {
  readonly kind: 'column';
  readonly place: Place;
  readonly name: QualifiedName;
}

export interface UnaryNode {
  readonly kind: 'unary';
  readonly place: Place;
  readonly operator: '-' | '+' | 'NOT';
  readonly operand: ExpressionNode;
}

export interface BinaryNode {
  readonly kind: 'binary';
  readonly place: Place;
  readonly operator: '+' | '-' | '*' | '/' | '%' | '||' | '=' | '<>' | '<' | '<=' | '>' | '>=' | 'AND' | 'OR' | 'OVERLAPS';
  readonly operatorPlace: Place;
  readonly left: ExpressionNode;
  readonly right: ExpressionNode;
}

export interface BetweenNode {
  readonly kind: 'between';
  readonly place: Place;
  readonly negated: boolean;
  readonly symmetric: boolean;
  readonly operand: ExpressionNode;
  readonly low: ExpressionNode;
  readonly high: ExpressionNode;
}

export interface InNode {
  readonly kind: 'in';
  readonly place: Place;
  readonly negated: boolean;
  readonly operand: ExpressionNode;
  readonly list: readonly ExpressionNode[] | Query;
}

export interface LikeNode {
  readonly kind: 'like';
  readonly place: Place;
  readonly operator: 'LIKE' | 'SIMILAR TO' | 'RLIKE';
  readonly negated: boolean;
  readonly operand: ExpressionNode;
  readonly pattern: ExpressionNode;
  readonly escape?: ExpressionNode;
}

/** `x IS [NOT] …`; DISTINCT FROM has `right`. */
export interface IsNode {
  readonly kind: 'is';
  readonly place: Place;
  readonly negated: boolean;
  readonly what:
    | 'NULL'
    | 'TRUE'
    | 'FALSE'
    | 'UNKNOWN'
    | 'DISTINCT FROM'
    | 'JSON'
    | 'JSON VALUE'
    | 'JSON OBJECT'
    | 'JSON ARRAY'
    | 'JSON SCALAR';
  readonly operand: ExpressionNode;
  readonly right?: ExpressionNode;
}

/** With `operand`, CASE x WHEN value; without, CASE WHEN condition. */
export interface CaseNode {
  readonly kind: 'case';
  readonly place: Place;
  readonly operand?: ExpressionNode;
  readonly branches: readonly { readonly when: ExpressionNode; readonly then: ExpressionNode }[];
  readonly otherwise?: ExpressionNode;
}

export interface CastNode {
  readonly kind: 'cast';
  readonly place: Place;
  readonly lenient: boolean;
  readonly operand: ExpressionNode;
  readonly type: TypeNode;
}

/**
 * A function call. Forms with words between their arguments are brought to plain arguments: POSITION(a IN b), SUBSTRING(s FROM
 * a FOR b), OVERLAY, TRIM, EXTRACT, FLOOR/CEIL(x TO unit), TIMESTAMPADD/DIFF(unit, …), JSON_VALUE … as the table in the
 * parser's file says; words become string literals.
 */
export interface CallNode {
  readonly kind: 'call';
  readonly place: Place;
  readonly name: Name;
  readonly args: readonly ExpressionNode[];
  /** COUNT(*). */
  readonly star: boolean;
  readonly distinct: boolean;
  readonly filter?: ExpressionNode;
  readonly orderBy: readonly OrderItem[];
  readonly over?: WindowNode | Name;
  readonly nulls?: 'IGNORE' | 'RESPECT';
}

export interface WindowNode {
  readonly kind: 'window';
  readonly place: Place;
  readonly base?: Name;
  readonly partitionBy: readonly ExpressionNode[];
  readonly orderBy: readonly OrderItem[];
  readonly frame?: {
    readonly unit: 'ROWS' | 'RANGE';
    readonly start: FrameBound;
    readonly end: FrameBound;
    readonly place: Place;
  };
}

export type FrameBound =
  | { readonly kind: 'unbounded-preceding' | 'current-row' | 'unbounded-following'; readonly place: Place }
  | { readonly kind: 'preceding' | 'following'; readonly value: ExpressionNode; readonly place: Place };

/** ROW(a, b) or (a, b). */
export interface RowNode {
  readonly kind: 'row';
  readonly place: Place;
  readonly items: readonly ExpressionNode[];
}

export interface ArrayNode {
  readonly kind: 'array';
  readonly place: Place;
  readonly items: readonly ExpressionNode[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly place: Place;
  /** key, value, key, value … */
  readonly items: readonly ExpressionNode[];
}

/** a[i] */
export interface ElementNode {
  readonly kind: 'element';
  readonly place: Place;
  readonly operand: ExpressionNode;
  readonly index: ExpressionNode;
}

/** (expression).field, or f(x).field */
export interface FieldNode {
  readonly kind: 'field';
  readonly place: Place;
  readonly operand: ExpressionNode;
  readonly name: Name;
}

export interface SubqueryNode {
  readonly kind: 'subquery';
  readonly place: Place;
  readonly query: Query;
}

export interface ExistsNode {
  readonly kind: 'exists';
  readonly place: Place;
  readonly query: Query;
}

/** x > ALL (…), x = ANY (…): `values` or a query. */
export interface QuantifiedNode {
  readonly kind: 'quantified';
  readonly place: Place;
  readonly operator: '=' | '<>' | '<' | '<=' | '>' | '>=';
  readonly quantifier: 'ALL' | 'ANY' | 'SOME';
  readonly operand: ExpressionNode;
  readonly list: readonly ExpressionNode[] | Query;
}

// ---------------------------------------------------------------- types

/** A type as written. `arguments` are lengths and precisions. */
export interface TypeNode {
  readonly kind: 'type';
  readonly place: Place;
  /** Upper case, one of Flink's spellings, or empty after a mistake: INT, INTEGER, STRING, TIMESTAMP, TIMESTAMP WITH LOCAL TIME ZONE, TIMESTAMP_LTZ, DOUBLE PRECISION, ARRAY, MAP, ROW … */
  readonly name: string;
  readonly arguments: readonly number[];
  readonly elements: readonly TypeNode[];
  /** ROW's fields. */
  readonly fields: readonly { readonly name: Name; readonly type: TypeNode }[];
  readonly nullable: boolean;
}

export interface Script {
  readonly statements: readonly Statement[];
}
